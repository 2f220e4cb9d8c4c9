package user

import "context"

// FrontDoor is what the front door asks of the service, over the network where
// that is in another process.
type FrontDoor interface {
	// Create creates the user with the request's id, or finds it: then it stays
	// as it is, and created is false. ErrEmailTaken, whatever the case of the
	// letters; Invalid: see PutRequest.Validate.
	Create(ctx context.Context, r PutRequest) (u User, created bool, err error)
	// Update replaces the state of the user that has this version. ErrNotFound,
	// ErrChanged; otherwise as Create.
	Update(ctx context.Context, r PutRequest, version int64) (User, error)
	// Get: ErrNotFound.
	Get(ctx context.Context, userID string) (User, error)
	// List gives at most limit users, 1 to MaxPage, newest first, after the
	// cursor of an earlier page. Invalid for a cursor that is none.
	List(ctx context.Context, limit int, cursor string) (Page, error)
	// Delete removes the user that has this version; 0: whichever it has. Their
	// payload key is doomed with them: no saga begins with it any more.
	// ErrNotFound, ErrChanged.
	Delete(ctx context.Context, userID string, version int64) error
	Keys
	PayloadKeys
	// Ready reports whether the service can work.
	Ready(ctx context.Context) error
}
