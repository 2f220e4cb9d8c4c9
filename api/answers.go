package api

import (
	"net/http"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// seenFirst describes a PUT that changes only what its sender has seen.
const seenFirst = "To change what is there, say with `If-Match` which state you have seen: 412 where it has changed since, 428 without it. The same state again is no change."

// createdToo documents that a PUT also answers 201.
func createdToo(schema string) map[string]*huma.Response {
	return alsoAnswers(http.StatusCreated, schema)
}

// alsoAnswers documents that an operation has another status for its answer.
func alsoAnswers(status int, schema string) map[string]*huma.Response {
	return map[string]*huma.Response{strconv.Itoa(status): {
		Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Ref: "#/components/schemas/" + schema}}},
	}}
}

// putStatus is the status of a PUT, and the Location of what is new.
func putStatus(created bool, path string) (status int, location string) {
	if created {
		return http.StatusCreated, path
	}
	return http.StatusOK, ""
}
