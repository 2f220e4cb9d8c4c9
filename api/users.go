package api

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/user"
)

// User is a user as clients see it.
type User struct {
	ID        string      `json:"id" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Email     string      `json:"email" format:"email" example:"alice@example.com"`
	Name      string      `json:"name" example:"Alice"`
	Locale    string      `json:"locale" example:"en"`
	Status    user.Status `json:"status" enum:"active,suspended"`
	Version   int64       `json:"version" example:"1"`
	CreatedAt time.Time   `json:"created_at"`
	UpdatedAt time.Time   `json:"updated_at"`
}

// NewUser is the state of a user as a client sets it.
type NewUser struct {
	Email  string      `json:"email" format:"email" maxLength:"254" pattern:"^[a-zA-Z0-9.!#$%&'*+/=?^_\\x60{|}~-]{1,64}@[a-zA-Z0-9-]{1,63}(\\.[a-zA-Z0-9-]{1,63})*$" patternDescription:"e-mail address" example:"alice@example.com"`
	Name   string      `json:"name" minLength:"1" maxLength:"200" example:"Alice"`
	Locale string      `json:"locale,omitempty" default:"en" pattern:"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$" doc:"BCP 47" example:"en"`
	Status user.Status `json:"status,omitempty" enum:"active,suspended" doc:"A suspended user cannot order. Left out, it stays as it is; a new user is active. Not the customers' own to change"`
}

func toUser(u user.User) User { return User(u) }

// UserPath names a user.
type UserPath struct {
	UserID string `path:"user_id" doc:"The user's id" example:"usr_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type createUserInput struct {
	KeyHeader
	Body NewUser
}

type getUserInput struct {
	UserPath
	IfNoneMatch
}

type deleteUserInput struct {
	UserPath
	Preconditions
}

type putUserInput struct {
	UserPath
	Preconditions
	Body NewUser
}

type userOutput struct {
	Status   int
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     User
}

type listUsersInput struct{ PageQuery }

type listUsersOutput struct{ Body page[User] }

func (c Config) registerUsers(a huma.API) {
	create := operation("create-user", http.MethodPost, "/v1/users", "users", servicesOnly(writeUsers), "Create a user", "The platform makes its id. "+createdOnce, user.ErrEmailTaken)
	create.DefaultStatus = http.StatusCreated
	huma.Register(a, create, c.createUser)
	huma.Register(a, operation("list-users", http.MethodGet, "/v1/users", "users", servicesOnly(readUsers), "List users", "All of them, newest first."), c.listUsers)
	huma.Register(a, operation("get-user", http.MethodGet, "/v1/users/{user_id}", "users", customers(readUsers), "Get a user", "A customer may get their own.", user.ErrNotFound), c.getUser)
	put := operation("put-user", http.MethodPut, "/v1/users/{user_id}", "users", customers(writeUsers), "Create or replace a user",
		"The id is the client's own, a TypeID with the prefix `usr`. Customers change themselves only. "+seenFirst, user.ErrNotFound, user.ErrEmailTaken)
	put.Responses = createdToo("User")
	huma.Register(a, put, c.putUser)
	huma.Register(a, operation("delete-user", http.MethodDelete, "/v1/users/{user_id}", "users", servicesOnly(writeUsers), "Delete a user", "Its API keys end too; orders of theirs that were placed go on. What their sagas left at Temporal, if it is sealed, is erased some time after the last of them has ended.",
		user.ErrNotFound), c.deleteUser)
}

// request is what a user is to be; was is the status that stays where none is
// given.
func (n NewUser) request(userID string, was user.Status) user.PutRequest {
	return user.PutRequest{ID: userID, Email: n.Email, Name: n.Name, Locale: n.Locale, Status: cmp.Or(n.Status, was)}
}

var errUserUnknown = refusal{status: http.StatusUnprocessableEntity, code: user.ErrNotFound.Code, detail: user.ErrNotFound.Message}

// userUnknown is the answer to an order for a user who does not exist.
func userUnknown(ctx context.Context) error {
	return errUserUnknown.problem(ctx)
}

// createUser creates the user or finds the one that its key made before.
func (c Config) createUser(ctx context.Context, in *createUserInput) (*userOutput, error) {
	r := in.Body.request(in.newID(ctx, user.IDPrefix, "create-user"), user.Active)
	u, _, err := c.Users.Create(ctx, r)
	if err != nil {
		return nil, problem(ctx, err)
	}
	if !r.Describes(u) {
		return nil, keyReused(ctx)
	}
	return userAnswer(u, true), nil
}

func (c Config) putUser(ctx context.Context, in *putUserInput) (*userOutput, error) {
	return twice(ctx, user.ErrChanged, in, c.tryPutUser)
}

func (c Config) tryPutUser(ctx context.Context, in *putUserInput) (*userOutput, error) {
	if !owns(ctx, in.UserID) {
		return nil, problem(ctx, user.ErrNotFound)
	}
	u, err := c.Users.Get(ctx, in.UserID)
	if errors.Is(err, user.ErrNotFound) && principalOf(ctx).Role != user.RoleCustomer {
		if err := in.check(ctx, "", true); err != nil {
			return nil, err
		}
		var created bool
		if u, created, err = c.Users.Create(ctx, in.Body.request(in.UserID, user.Active)); created {
			return userAnswer(u, true), nil
		}
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return c.changeUser(ctx, in, u)
}

// changeUser replaces the state of a user that is there. user.ErrChanged: it is
// another by now.
func (c Config) changeUser(ctx context.Context, in *putUserInput, u user.User) (*userOutput, error) {
	r := in.Body.request(u.ID, u.Status)
	if r.Status != u.Status && principalOf(ctx).Role == user.RoleCustomer {
		p := errForbidden.problem(ctx)
		p.Errors = []ProblemField{{Field: "status", Message: "is not the customer's to change"}}
		return nil, p
	}
	same := r.Describes(u)
	if err := in.check(ctx, userTag(u), same); err != nil {
		return nil, err
	}
	if same {
		return userAnswer(u, false), nil
	}
	u, err := c.Users.Update(ctx, r, u.Version)
	if errors.Is(err, user.ErrChanged) {
		return nil, err
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return userAnswer(u, false), nil
}

func (c Config) deleteUser(ctx context.Context, in *deleteUserInput) (*struct{}, error) {
	u, err := c.Users.Get(ctx, in.UserID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	if err := in.check(ctx, userTag(u), true); err != nil {
		return nil, err
	}
	err = c.Users.Delete(ctx, in.UserID, in.version(u.Version))
	if err == nil && c.Keys != nil { // theirs ended with them
		c.Keys.Forget()
	}
	if errors.Is(err, user.ErrChanged) {
		return nil, errPrecondition.problem(ctx)
	}
	return nil, problem(ctx, err)
}

func (c Config) getUser(ctx context.Context, in *getUserInput) (*userOutput, error) {
	if !owns(ctx, in.UserID) {
		return nil, problem(ctx, user.ErrNotFound)
	}
	u, err := c.Users.Get(ctx, in.UserID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	out := userAnswer(u, false)
	return out, in.unchanged(out.ETag)
}

// userTag names the state of a user.
func userTag(u user.User) string { return etag(u.Version, u.UpdatedAt, "") }

func userAnswer(u user.User, created bool) *userOutput {
	out := &userOutput{ETag: userTag(u), Body: toUser(u)}
	out.Status, out.Location = putStatus(created, "/v1/users/"+u.ID)
	return out
}

func (c Config) listUsers(ctx context.Context, in *listUsersInput) (*listUsersOutput, error) {
	found, err := c.Users.List(ctx, in.Limit, in.Cursor)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listUsersOutput{Body: newPage(found.Items, toUser, found.NextCursor)}, nil
}
