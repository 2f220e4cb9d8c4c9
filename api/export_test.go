package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// UndeclaredRoute is what starting says to a route that was added without a rule.
func UndeclaredRoute() error {
	a := humago.New(http.NewServeMux(), humaConfig())
	huma.Register(a, huma.Operation{OperationID: "forgotten", Method: http.MethodGet, Path: "/v1/forgotten"},
		func(context.Context, *struct{}) (*struct{}, error) { return nil, nil }) //nolint:nilnil // it is never asked
	return requireAccess(a.OpenAPI())
}

// Accepted picks a media type.
func Accepted(header string, offers ...string) string { return accepted(header, offers...) }

// The cursor of a page that Temporal keeps, and back.
var (
	PageCursor = pageCursor
	PageToken  = pageToken
)
