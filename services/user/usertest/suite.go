// Package usertest is what any implementation of user.Service must pass.
package usertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/user"
)

// Run runs the suite; each test gets a service without users.
func Run(t *testing.T, open func(*testing.T) user.Service) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, user.Service){
		"update":                update,
		"create":                create,
		"creates race":          createsRace,
		"invalid":               invalid,
		"e-mail is unique":      emailIsUnique,
		"updates race":          updatesRace,
		"e-mail races":          emailRaces,
		"delete":                remove,
		"check customer":        checkCustomer,
		"list":                  list,
		"pages under inserts":   pagesUnderInserts,
		"missing":               missing,
		"keys":                  keys,
		"keys are created once": keysOnce,
		"keys end":              keysEnd,
		"invalid keys":          invalidKeys,
		"payload keys":          payloadKeys,
		"payload keys end":      payloadKeysEnd,
		"payload key pages":     payloadKeyPages,
		"rewrap":                rewrap,
		"ready":                 ready,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// Request is a valid request for a user of its own.
func Request() user.PutRequest {
	userID := user.IDPrefix.New()
	return user.PutRequest{ID: userID, Email: userID + "@example.com", Name: "Ada", Locale: "en", Status: user.Active}
}

func add(t *testing.T, s user.Service, r user.PutRequest) user.User {
	t.Helper()
	u, created, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	return u
}

func get(t *testing.T, s user.Service, userID string) user.User {
	t.Helper()
	u, err := s.Get(t.Context(), userID)
	require.NoError(t, err)
	return u
}

func update(t *testing.T, s user.Service) {
	r := Request()
	first := add(t, s, r)
	require.Equal(t, user.User{
		ID: r.ID, Email: r.Email, Name: r.Name, Locale: r.Locale, Status: r.Status,
		Version: 1, CreatedAt: first.CreatedAt, UpdatedAt: first.CreatedAt,
	}, first)
	require.Equal(t, time.UTC, first.CreatedAt.Location())
	require.Equal(t, first, get(t, s, r.ID))

	r.Email, r.Name, r.Locale, r.Status = "Other@example.com", "Ada Ö. Lovelace", "de-AT", user.Suspended
	second, err := s.Update(t.Context(), r, 1)
	require.NoError(t, err)
	require.Equal(t, user.User{
		ID: r.ID, Email: r.Email, Name: r.Name, Locale: r.Locale, Status: r.Status,
		Version: 2, CreatedAt: first.CreatedAt, UpdatedAt: second.UpdatedAt,
	}, second)
	require.True(t, second.UpdatedAt.After(first.UpdatedAt))
	require.Equal(t, second, get(t, s, r.ID))

	r.Name = "Somebody else"
	for _, version := range []int64{1, 3, 0, -1} {
		_, err := s.Update(t.Context(), r, version)
		require.ErrorIs(t, err, user.ErrChanged)
	}
	require.Equal(t, second, get(t, s, r.ID))
	_, err = s.Update(t.Context(), Request(), 1)
	require.ErrorIs(t, err, user.ErrNotFound)
}

// create finds what is there, whatever the request, and leaves it as it is.
func create(t *testing.T, s user.Service) {
	r := Request()
	first, created, err := s.Create(t.Context(), r)
	require.NoError(t, err)
	require.True(t, created)
	require.Equal(t, user.User{
		ID: r.ID, Email: r.Email, Name: r.Name, Locale: r.Locale, Status: r.Status,
		Version: 1, CreatedAt: first.CreatedAt, UpdatedAt: first.CreatedAt,
	}, first)
	other := r
	other.Name, other.Email = "Grace", "grace@example.com"
	for _, again := range []user.PutRequest{r, other} {
		found, created, err := s.Create(t.Context(), again)
		require.NoError(t, err)
		require.False(t, created)
		require.Equal(t, first, found)
	}
	require.Equal(t, first, get(t, s, r.ID))

	second := Request()
	second.Email = strings.ToUpper(r.Email)
	_, _, err = s.Create(t.Context(), second)
	require.ErrorIs(t, err, user.ErrEmailTaken)
	second.Email = "ada"
	_, _, err = s.Create(t.Context(), second)
	require.Equal(t, "email", fault.From(err).Field)
	_, err = s.Get(t.Context(), second.ID)
	require.ErrorIs(t, err, user.ErrNotFound)
}

func invalid(t *testing.T, s user.Service) {
	for _, test := range []struct {
		field string
		spoil func(*user.PutRequest)
	}{
		{"user_id", func(r *user.PutRequest) { r.ID = "" }},
		{"user_id", func(r *user.PutRequest) { r.ID = "usr_nobody" }},
		{"user_id", func(r *user.PutRequest) { r.ID = strings.Replace(r.ID, "usr", "ord", 1) }},
		{"email", func(r *user.PutRequest) { r.Email = "" }},
		{"email", func(r *user.PutRequest) { r.Email = "ada" }},
		{"email", func(r *user.PutRequest) { r.Email = "@example.com" }},
		{"email", func(r *user.PutRequest) { r.Email = "ada@" }},
		{"email", func(r *user.PutRequest) { r.Email = "ada\x00@example.com" }},
		{"email", func(r *user.PutRequest) { r.Email = strings.Repeat("a", 250) + "@example.com" }},
		{"name", func(r *user.PutRequest) { r.Name = "" }},
		{"name", func(r *user.PutRequest) { r.Name = "A\x00da" }},
		{"name", func(r *user.PutRequest) { r.Name = "A\xffda" }},
		{"locale", func(r *user.PutRequest) { r.Locale = "" }},
		{"status", func(r *user.PutRequest) { r.Status = "" }},
		{"status", func(r *user.PutRequest) { r.Status = "lost" }},
	} {
		r := Request()
		test.spoil(&r)
		_, _, err := s.Create(t.Context(), r)
		require.Equal(t, fault.Invalid, fault.KindOf(err), "%v", err)
		require.Equal(t, test.field, fault.From(err).Field)
		_, err = s.Update(t.Context(), r, 1)
		require.Equal(t, test.field, fault.From(err).Field)
	}
	page, err := s.List(t.Context(), 10, "")
	require.NoError(t, err)
	require.Empty(t, page.Items)
}

func emailIsUnique(t *testing.T, s user.Service) {
	ada := Request()
	ada.Email = "Ada@Example.com"
	was := add(t, s, ada)
	for _, email := range []string{"Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM"} {
		other := Request()
		other.Email = email
		_, _, err := s.Create(t.Context(), other)
		require.ErrorIs(t, err, user.ErrEmailTaken)
		require.Equal(t, "email", fault.From(err).Field)
		_, err = s.Get(t.Context(), other.ID)
		require.ErrorIs(t, err, user.ErrNotFound)
	}
	bob := add(t, s, Request())
	_, err := s.Update(t.Context(), user.PutRequest{ID: bob.ID, Email: "ada@example.com", Name: "Bob", Locale: "en", Status: user.Active}, 1)
	require.ErrorIs(t, err, user.ErrEmailTaken)
	require.Equal(t, bob, get(t, s, bob.ID), "a refusal changes nothing")
	require.Equal(t, was, get(t, s, ada.ID))

	ada.Email = "ada@example.com"
	_, err = s.Update(t.Context(), ada, 1)
	require.NoError(t, err, "one's own address in other letters")

	require.NoError(t, s.Delete(t.Context(), ada.ID, 0))
	again := Request()
	again.Email = "ada@example.com"
	add(t, s, again)
}

func remove(t *testing.T, s user.Service) {
	r := Request()
	add(t, s, r)
	kept := add(t, s, Request())
	require.ErrorIs(t, s.Delete(t.Context(), r.ID, 2), user.ErrChanged)
	require.NoError(t, s.Delete(t.Context(), r.ID, 1))
	_, err := s.Get(t.Context(), r.ID)
	require.ErrorIs(t, err, user.ErrNotFound)
	require.ErrorIs(t, s.Delete(t.Context(), r.ID, 0), user.ErrNotFound)
	_, err = s.CheckCustomer(t.Context(), user.CheckRequest{UserID: r.ID})
	require.ErrorIs(t, err, user.ErrNotFound)
	require.Equal(t, kept, get(t, s, kept.ID))
	require.EqualValues(t, 1, add(t, s, r).Version, "it begins anew")
}

func checkCustomer(t *testing.T, s user.Service) {
	r := Request()
	r.Locale = "de-AT"
	add(t, s, r)
	check := user.CheckRequest{UserID: r.ID}
	customer, err := s.CheckCustomer(t.Context(), check)
	require.NoError(t, err)
	require.Equal(t, user.Customer{UserID: r.ID, Locale: "de-AT"}, customer)

	r.Status = user.Suspended
	_, err = s.Update(t.Context(), r, 1)
	require.NoError(t, err)
	_, err = s.CheckCustomer(t.Context(), check)
	require.ErrorIs(t, err, user.ErrInactive)
	require.NotContains(t, fmt.Sprint(err), r.Email)

	r.Status = user.Active
	_, err = s.Update(t.Context(), r, 2)
	require.NoError(t, err)
	_, err = s.CheckCustomer(t.Context(), check)
	require.NoError(t, err)
}

func missing(t *testing.T, s user.Service) {
	for _, userID := range []string{user.IDPrefix.New(), strings.Replace(user.IDPrefix.New(), "usr", "ord", 1), "usr_nobody", "1", "", "\x00"} {
		_, err := s.Get(t.Context(), userID)
		require.ErrorIs(t, err, user.ErrNotFound)
		require.ErrorIs(t, s.Delete(t.Context(), userID, 0), user.ErrNotFound)
		_, err = s.CheckCustomer(t.Context(), user.CheckRequest{UserID: userID})
		require.ErrorIs(t, err, user.ErrNotFound)
	}
}

func ready(t *testing.T, s user.Service) { require.NoError(t, s.Ready(t.Context())) }
