package notificationpg

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"fmt"

	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/fault"
)

// sealKey is the length of a key that secrets are kept with, in bytes: AES-256.
const sealKey = 32

// seals keep secrets where whoever reads the database cannot: AES-GCM, the nonce before
// the text. The first seals, all open, so that one key can replace another.
type seals []cipher.AEAD

// newSeals reads keys: base64 of 32 bytes each.
func newSeals(keys []string) (seals, error) {
	var all seals
	for i, encoded := range keys {
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) != sealKey {
			return nil, fmt.Errorf("key %d of the webhooks' secrets is not base64 of %d bytes", i+1, sealKey)
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("key %d of the webhooks' secrets: %w", i+1, err)
		}
		seal, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, fmt.Errorf("key %d of the webhooks' secrets: %w", i+1, err)
		}
		all = append(all, seal)
	}
	return all, nil
}

// close seals a secret for one endpoint: in another's row it does not open.
func (s seals) close(secret string, endpoint, id uuid.UUID) []byte {
	return s[0].Seal(nil, nil, []byte(secret), place(endpoint, id)) //nolint:gosec // it makes its own nonce
}

// errSealed: the key that a secret was kept with is not there any more.
var errSealed = fault.New(fault.Internal, "webhook_secret_sealed", "No key opens the secret of a webhook endpoint.")

func (s seals) open(sealed []byte, endpoint, id uuid.UUID) (string, error) {
	for _, seal := range s {
		if secret, err := seal.Open(nil, nil, sealed, place(endpoint, id)); err == nil {
			return string(secret), nil
		}
	}
	return "", errSealed
}

// place is where a secret belongs.
func place(endpoint, id uuid.UUID) []byte { return append(endpoint[:], id[:]...) }
