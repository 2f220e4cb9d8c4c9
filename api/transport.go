package api

import (
	"net/http"

	"github.com/klauspost/compress/gzhttp"
	"github.com/rs/cors"
)

// worthCompressing is the size from which an answer is compressed, in bytes:
// below it fits one packet anyway.
const worthCompressing = 1400

// compressing compresses what pays. Streams pass as they are, event by event.
func compressing() (func(http.Handler) http.HandlerFunc, error) {
	return gzhttp.NewWrapper(
		gzhttp.MinSize(worthCompressing), gzhttp.EnableZstd(false), gzhttp.SuffixETag(compressed),
		gzhttp.ContentTypes([]string{
			"application/json", "application/problem+json", "application/vnd.oai.openapi", "application/vnd.oai.openapi+json",
			"text/html", "text/css", "text/javascript", "text/plain",
		}),
	)
}

// sharing lets pages of these origins use the front door from a browser (CORS);
// without any, none may. Nothing is sent along by the browser itself: a page
// shows a credential of its own.
func sharing(origins []string, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next
	}
	return cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete},
		AllowedHeaders: []string{
			"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Prefer", "Traceparent", "X-Namespace",
		},
		ExposedHeaders: []string{
			"ETag", "Location", "Preference-Applied", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "Retry-After", "WWW-Authenticate",
		},
		MaxAge: 600, // seconds; longer than that no browser remembers everywhere
	}).Handler(next)
}
