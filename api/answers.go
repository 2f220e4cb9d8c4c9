package api

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// createdToo documents that a PUT also answers 201.
func createdToo(schema string) map[string]*huma.Response {
	return map[string]*huma.Response{"201": {
		Description: "It is new",
		Content:     map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/" + schema}}},
	}}
}

// putStatus is the status of a PUT, and the Location of what is new.
func putStatus(created bool, path string) (status int, location string) {
	if created {
		return http.StatusCreated, path
	}
	return http.StatusOK, ""
}

// etag names a state of something that has a version. more is what the answer
// shows beside that state; empty where there is nothing.
func etag(version int64, updated time.Time, more string) string {
	if more == "" {
		return fmt.Sprintf(`"%d-%x"`, version, updated.UnixMicro())
	}
	sum := sha256.Sum256([]byte(more))
	return fmt.Sprintf(`"%d-%x-%x"`, version, updated.UnixMicro(), sum[:6])
}

// IfNoneMatch is how a GET asks for what changed only.
type IfNoneMatch struct {
	IfNoneMatch string `header:"If-None-Match" doc:"Answers 304 where it still has this ETag"`
}

// unchanged is the answer 304 where the client has the state with this tag, nil
// where it has not. It compares weakly, as RFC 9110 wants it for If-None-Match.
func (in IfNoneMatch) unchanged(tag string) error {
	for candidate := range strings.SplitSeq(in.IfNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == tag || candidate == "*" {
			return huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"Etag": {tag}})
		}
	}
	return nil
}
