package api_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
)

// TestNoEcho: what the client sent is not in the problem.
func TestNoEcho(t *testing.T) {
	t.Parallel()
	const json = "application/json"
	for _, tc := range []struct {
		name, contentType, body, echo string
		status                        int
		field, message                string
	}{
		{"content type", "text/secret", body, "secret", 415, "Content-Type", "expected application/json"},
		{"number", json, strings.Replace(body, ":1}", ":1e999}", 1), "1e999", 400, "body", "expected JSON"},
		{"number of the wrong form", json, strings.Replace(body, ":1}", ":11e1}", 1), "11e1", 422, "body", "expected JSON"},
		{"character", json, strings.Replace(body, ":1}", ":§}", 1), "Â", 400, "body", "expected JSON"},
		{"no JSON", json, "98989898", "98989898", 422, "body", "expected object"},
		{"missing", json, `{"user_id":"98989898"}`, "98989898", 422, "items", "is required"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, h := setup(t)
			res, out := call(h, http.MethodPost, "/v1/orders", tc.body, "Content-Type", tc.contentType)
			require.Equal(t, tc.status, res.Code, res.Body)
			require.NotContains(t, res.Body.String(), tc.echo)
			require.NotContains(t, out["detail"], "validation failed")
			var found bool
			for _, e := range out["errors"].([]any) {
				e := e.(map[string]any)
				found = found || e["field"] == tc.field && strings.HasPrefix(e["message"].(string), tc.message)
			}
			require.True(t, found, res.Body)
		})
	}
	_, h := setup(t)
	for path, body := range map[string]string{
		"/v1/users":   `{"email":"=?secret?q?x?= <a@b.c>","name":"Ada"}`,
		endpointsPath: `{"url":"https://secret:port/","event_types":["order.confirmed"]}`,
	} {
		res, _ := call(h, http.MethodPost, path, body)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code)
		require.Contains(t, res.Body.String(), "expected string to be RFC")
		require.NotContains(t, res.Body.String(), "secret")
	}
}

// quoting is a driver's error: its text quotes what the client sent.
type quoting struct{}

func (quoting) Error() string    { return `invalid input syntax: "ada@example.com"` }
func (quoting) SQLState() string { return "22P02" }

// TestLogOfAFailure: the log tells what failed, and not what the client sent.
func TestLogOfAFailure(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		tell []string
	}{
		{
			fault.New(fault.Unavailable, "database_unavailable", "?").Because(fmt.Errorf("find ada@example.com: %w", context.DeadlineExceeded)),
			[]string{"kind=unavailable", "code=database_unavailable", `cause="database_unavailable: context deadline exceeded"`},
		},
		{fault.From(quoting{}), []string{"kind=internal", "code=internal", `cause="internal: api_test.quoting 22P02"`}},
		{errors.Join(io.EOF, errors.New("ada@example.com")), []string{"kind=internal", `cause="EOF: *errors.errorString"`}},
	} {
		var log bytes.Buffer
		w, h := setup(t, func(c *api.Config) { c.Log = slog.New(slog.NewTextHandler(&log, nil)) })
		w.createErr = tc.err
		res, _ := call(h, http.MethodPost, "/v1/orders", body)
		require.GreaterOrEqual(t, res.Code, 500)
		require.NotContains(t, log.String(), "ada@")
		require.Contains(t, log.String(), "level=ERROR")
		for _, told := range tc.tell {
			require.Contains(t, log.String(), told)
		}
	}
}
