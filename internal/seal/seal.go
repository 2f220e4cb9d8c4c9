// Package seal encrypts with AES-256-GCM under keys that have names, so that what
// was sealed tells which key opens it, and keys can be changed without a stop.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// KeySize is the length of a key, in bytes.
const KeySize = 32

// ErrBroken is that something was not sealed with this key and these words, or was
// changed since.
var ErrBroken = errors.New("what is sealed does not open: it was changed, or sealed with another key")

// Key is a key and its name. Nobody gets the key itself out of it.
type Key struct {
	ID   string
	aead cipher.AEAD
}

// NewKey returns the key of KeySize bytes that has a name.
func NewKey(id string, secret []byte) (Key, error) {
	if len(secret) != KeySize {
		return Key{}, fmt.Errorf("a key must be of %d bytes", KeySize)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return Key{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return Key{ID: id, aead: aead}, err
}

// Random gives the bytes of a new key.
func Random() []byte {
	secret := make([]byte, KeySize)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	return secret
}

// Seal encrypts. What it is about is not kept: it must be told again to open it.
func (k Key) Seal(plain []byte, about string) []byte {
	return k.aead.Seal(nil, nil, plain, k.bound(about)) //nolint:gosec // it makes a random nonce itself
}

// Open decrypts what Seal made of the same words with the same key. ErrBroken.
func (k Key) Open(sealed []byte, about string) ([]byte, error) {
	plain, err := k.aead.Open(nil, nil, sealed, k.bound(about))
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}

// bound is what the ciphertext is bound to: its key's name too, so that none can be
// passed off as another's.
func (k Key) bound(about string) []byte { return []byte("skald/1\x00" + k.ID + "\x00" + about) }

// Ring is keys of which the first seals and all open. The zero value has none.
type Ring struct{ keys []Key }

// isID tells the names that a key of a ring can have: none has an underscore, as the
// ids of everything else do.
var isID = regexp.MustCompile(`^[A-Za-z0-9-]{1,32}$`).MatchString

// ParseRing reads keys of the form id=base64.
func ParseRing(texts ...string) (Ring, error) {
	var r Ring
	for _, text := range texts {
		id, encoded, ok := strings.Cut(text, "=")
		if !ok || !isID(id) {
			return Ring{}, errors.New("a key has no name of letters, digits and dashes before its =")
		}
		if _, twice := r.Find(id); twice {
			return Ring{}, fmt.Errorf("two keys are named %s", id)
		}
		secret, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(secret) != KeySize {
			return Ring{}, fmt.Errorf("the key %s is not %d bytes in base64", id, KeySize) // its text is a secret
		}
		key, err := NewKey(id, secret)
		if err != nil {
			return Ring{}, err
		}
		r.keys = append(r.keys, key)
	}
	return r, nil
}

// First is the key that seals; not ok: the ring has none.
func (r Ring) First() (k Key, ok bool) {
	if len(r.keys) == 0 {
		return Key{}, false
	}
	return r.keys[0], true
}

// Find gives the key of a name.
func (r Ring) Find(id string) (k Key, ok bool) {
	for _, k := range r.keys {
		if k.ID == id {
			return k, true
		}
	}
	return Key{}, false
}
