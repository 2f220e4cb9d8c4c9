package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// contract is the document as a reader of it sees it, in which references are
// followed.
type contract struct {
	root map[string]any
	t    *testing.T
}

func served(t *testing.T) contract {
	t.Helper()
	_, h := setup(t)
	return contractOf(t, h)
}

func contractOf(t *testing.T, h http.Handler) contract {
	t.Helper()
	res := httptest.NewRecorder()
	h.ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/openapi.json", http.NoBody))
	d := contract{t: t}
	require.NoError(t, json.Unmarshal(res.Body.Bytes(), &d.root))
	return d
}

// follow gives an object, or the one that it refers to.
func (d contract) follow(v any) map[string]any {
	o, _ := v.(map[string]any)
	ref, ok := o["$ref"].(string)
	if !ok {
		return o
	}
	at := any(d.root)
	for part := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.(map[string]any)[part]
	}
	require.NotNil(d.t, at, ref)
	return d.follow(at)
}

// object gives a part of an object; empty where it is not there.
func (d contract) object(v any, name string) map[string]any { return d.follow(d.follow(v)[name]) }

// operations calls f with each operation, and with where it is.
func (d contract) operations(f func(at, path string, op map[string]any)) {
	for path, item := range d.object(d.root, "paths") {
		for method := range d.follow(item) {
			f(strings.ToUpper(method)+" "+path, path, d.object(item, method))
		}
	}
}

// examplesOf gives the examples of a parameter, a header or a media type.
func (d contract) examplesOf(v any) (all []any) {
	o := d.follow(v)
	if one, ok := o["example"]; ok {
		all = append(all, one)
	}
	for _, named := range d.object(o, "examples") {
		all = append(all, d.follow(named)["value"])
	}
	if schema := d.object(o, "schema"); o["in"] != nil { // a parameter's
		of, _ := schema["examples"].([]any)
		all = append(all, of...)
	}
	return all
}

// TestEveryOperationIsDescribed: what a client has to know of an operation is in
// the document. A new operation that lacks some of it fails here.
func TestEveryOperationIsDescribed(t *testing.T) {
	t.Parallel()
	d := served(t)
	require.Regexp(t, `^3\.1\.`, d.root["openapi"])
	seen := map[string]bool{}
	d.operations(func(at, path string, op map[string]any) {
		id, _ := op["operationId"].(string)
		require.Regexp(t, `^[a-z]+(-[a-z]+)+$`, id, at)
		require.False(t, seen[id], "two operations are named %s", id)
		seen[id] = true
		for _, text := range []string{"summary", "description"} {
			require.NotEmpty(t, op[text], "%s has no %s", at, text)
		}
		require.Len(t, op["tags"], 1, at)
		require.Contains(t, op, "security", at)
		parameters, _ := op["parameters"].([]any)
		for _, p := range parameters {
			require.NotEmpty(t, d.follow(p)["description"], "%s: parameter %v", at, d.follow(p)["name"])
			require.NotEmpty(t, d.examplesOf(p), "%s: parameter %v has no example", at, d.follow(p)["name"])
		}
		for kind, content := range d.object(op["requestBody"], "content") {
			require.NotEmpty(t, d.examplesOf(content), "%s: %s body has no example", at, kind)
		}
		d.requireAnswers(at, path, op)
	})
	require.Greater(t, len(seen), 30)
}

// requireAnswers asserts that the answers that follow from the shape of an
// operation are there, and that each has an example.
func (d contract) requireAnswers(at, path string, op map[string]any) {
	responses := d.object(op, "responses")
	want := []string{"422", "500"}
	if op["requestBody"] != nil {
		want = append(want, "400", "413", "415")
	}
	if security, _ := op["security"].([]any); len(security) > 0 {
		want = append(want, "401", "403", "429")
	}
	if strings.HasPrefix(path, "/v1/") {
		want = append(want, "503")
	}
	if strings.Contains(path, "{") && !strings.HasPrefix(at, http.MethodPut) { // which may create what is not there
		want = append(want, "404")
	}
	for _, status := range want {
		require.Contains(d.t, responses, status, at)
	}
	succeeds := false
	for status, response := range responses {
		succeeds = succeeds || status < "300"
		where := at + " " + status
		require.NotEmpty(d.t, d.follow(response)["description"], where)
		for name, header := range d.object(response, "headers") {
			require.NotEmpty(d.t, d.follow(header)["description"], "%s: header %s", where, name)
			require.NotEmpty(d.t, d.examplesOf(header), "%s: header %s has no example", where, name)
		}
		content := d.object(response, "content")
		if status != "204" && status != "304" {
			require.NotEmpty(d.t, content, "%s has no body", where)
		}
		for kind, media := range content {
			require.NotEmpty(d.t, d.examplesOf(media), "%s: %s has no example", where, kind)
		}
		if status >= "400" && content["application/json"] == nil { // all but readiness, whose 503 is no problem
			d.requireProblems(where, status, d.object(content, "application/problem+json"))
		}
	}
	require.True(d.t, succeeds, at)
}

// requireProblems asserts that each problem of a response is shown under its code.
func (d contract) requireProblems(where, status string, media map[string]any) {
	require.Equal(d.t, "#/components/schemas/Problem", media["schema"].(map[string]any)["$ref"], where)
	for code, named := range d.object(media, "examples") {
		shown := d.object(named, "value")
		require.Equal(d.t, code, shown["code"], where)
		require.Equal(d.t, status, strconv.Itoa(int(shown["status"].(float64))), where)
		require.NotEmpty(d.t, shown["detail"], where)
		require.NotEmpty(d.t, shown["trace_id"], where)
	}
}
