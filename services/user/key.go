package user

import (
	"context"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/text"
)

// KeyIDPrefix is the prefix of the ids of API keys.
const KeyIDPrefix id.Prefix = "key"

// Role is what the holder of a key is to the platform.
type Role string

// The roles.
const (
	RoleCustomer Role = "customer" // a user: sees and changes what is theirs
	RoleOperator Role = "operator" // who runs the platform
	RoleService  Role = "service"  // a program that orders for users
)

// KeyHash is the length of a key's hash, in bytes.
const KeyHash = 32

const (
	maxKeyName   = 100 // in characters
	maxKeyScopes = 50
)

// Key is an API key. The key itself only its holder has.
type Key struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Role      Role       `json:"role"`
	UserID    string     `json:"user_id,omitempty"` // of a customer's
	Scopes    []string   `json:"scopes"`            // empty: all of the role's
	CreatedBy string     `json:"created_by"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"` // nil: never
	RevokedAt *time.Time `json:"revoked_at,omitempty"` // nil unless it was revoked
	RevokedBy string     `json:"revoked_by,omitempty"`
}

// NewKey asks to keep an API key.
type NewKey struct {
	ID        string     `json:"id"` // the key of the operation
	Hash      []byte     `json:"hash"`
	Name      string     `json:"name"`
	Role      Role       `json:"role"`
	UserID    string     `json:"user_id,omitempty"`
	Scopes    []string   `json:"scopes,omitempty"`
	ExpiresAt *time.Time `json:"expires_at,omitempty"`
	By        string     `json:"by"`
}

// KeyPage is a page of keys, newest first.
type KeyPage struct {
	Items      []Key
	NextCursor string // empty on the last page
}

// The definite answers about keys.
var (
	ErrKeyNotFound = fault.New(fault.NotFound, "api_key_not_found", "No such API key.")
	// ErrKeyMismatch: the same key was asked for with other data before.
	ErrKeyMismatch = fault.New(fault.Conflict, "idempotency_mismatch", "The API key was created with other data before.")
)

// Keys keeps who may ask the platform, and as whom.
type Keys interface {
	// CreateKey keeps a key, or finds the one that the same request made before.
	// ErrKeyMismatch; ErrNotFound for a user that does not exist; Invalid: see
	// NewKey.Validate.
	CreateKey(ctx context.Context, k NewKey) (key Key, created bool, err error)
	// FindKey gives the key of a hash. ErrKeyNotFound, also for one that was
	// revoked, or has expired on the database's clock.
	FindKey(ctx context.Context, hash []byte) (Key, error)
	// ListKeys gives a page, newest first, of 1 to MaxPage keys, after the cursor
	// of an earlier page. Invalid for a cursor that is none.
	ListKeys(ctx context.Context, limit int, cursor string) (KeyPage, error)
	// RevokeKey ends a key for good; done again it changes nothing. by is who does
	// it. ErrKeyNotFound.
	RevokeKey(ctx context.Context, keyID, by string) (Key, error)
}

// Validate tells the first field that is wrong.
func (k NewKey) Validate() error {
	if _, err := KeyIDPrefix.Parse(k.ID); err != nil {
		return fault.InvalidField("key_id", err.Error())
	}
	if len(k.Hash) != KeyHash {
		return fault.InvalidField("hash", "must be of 32 bytes")
	}
	if k.Name == "" || utf8.RuneCountInString(k.Name) > maxKeyName || !text.Keepable(k.Name) {
		return fault.InvalidField("name", "must be text of 1 to 100 characters")
	}
	if !slices.Contains([]Role{RoleCustomer, RoleOperator, RoleService}, k.Role) {
		return fault.InvalidField("role", "must be customer, operator or service")
	}
	if (k.Role == RoleCustomer) != (k.UserID != "") {
		return fault.InvalidField("user_id", "must be given for a customer's key, and for no other")
	}
	if len(k.Scopes) > maxKeyScopes || slices.ContainsFunc(k.Scopes, func(s string) bool { return s == "" || !text.Keepable(s) }) {
		return fault.InvalidField("scopes", "must be texts that are not empty, 50 at most")
	}
	if k.By == "" || !text.Keepable(k.By) {
		return fault.InvalidField("by", "must be text that is not empty")
	}
	return nil
}

// Describes reports whether the key is what the request wants, whoever asked
// first.
func (k NewKey) Describes(key Key) bool {
	same := k.ExpiresAt == nil && key.ExpiresAt == nil ||
		k.ExpiresAt != nil && key.ExpiresAt != nil && k.ExpiresAt.Truncate(time.Microsecond).Equal(*key.ExpiresAt)
	return same && k.ID == key.ID && k.Name == key.Name && k.Role == key.Role && k.UserID == key.UserID && slices.Equal(k.Scopes, key.Scopes)
}
