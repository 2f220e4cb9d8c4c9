package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	swagger "github.com/swaggo/files/v2"
)

// docsPage shows the document with Swagger UI, whose files are served from
// here: the page needs no other host.
const docsPage = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Skald API</title>
  <link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
  <link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="/docs/swagger-ui-bundle.js"></script>
  <script src="/docs/start.js"></script>
</body>
</html>
`

const docsStart = `window.ui = SwaggerUIBundle({
  url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true, filter: true, tryItOutEnabled: true,
  persistAuthorization: true, displayRequestDuration: true, validatorUrl: null,
});
`

const docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'"

// serveDocument serves the OpenAPI document and the page that shows it. The
// document is written once: Huma's own handler writes it at each request, in a
// race with itself.
func (c Config) serveDocument(mux *http.ServeMux, a huma.API) error {
	json, err := a.OpenAPI().MarshalJSON()
	if err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	yaml, err := a.OpenAPI().YAML()
	if err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	serve := func(pattern string, h http.Handler) { mux.Handle(pattern, c.limited(h)) }
	serve("GET /openapi.json", fixed("application/vnd.oai.openapi+json", json))
	serve("GET /openapi.yaml", fixed("application/vnd.oai.openapi", yaml))
	serve("GET /docs", guarded(docsPage))
	serve("GET /docs/start.js", fixed("text/javascript; charset=utf-8", []byte(docsStart)))
	for name, kind := range map[string]string{
		"swagger-ui.css": "text/css; charset=utf-8", "swagger-ui-bundle.js": "text/javascript; charset=utf-8", "favicon-32x32.png": "image/png",
	} {
		body, err := fs.ReadFile(swagger.FS, name)
		if err != nil {
			return fmt.Errorf("open Swagger UI: %w", err)
		}
		serve("GET /docs/"+name, fixed(kind, body))
	}
	return nil
}

// guarded serves a page that may load nothing from elsewhere.
func guarded(html string) http.Handler {
	inner := fixed("text/html; charset=utf-8", []byte(html))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		inner.ServeHTTP(w, r)
	})
}

// fixed serves what never changes: compressed once, when it is first asked for, and
// not again to who has it.
func fixed(contentType string, body []byte) http.Handler {
	sum := sha256.Sum256(body)
	tag := fmt.Sprintf("%q", hex.EncodeToString(sum[:8]))
	packed := sync.OnceValue(func() []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write(body)
		if err := errors.Join(err, w.Close()); err != nil { // memory takes everything
			panic(err)
		}
		return b.Bytes()
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", contentType)
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("ETag", tag)
		if anyTag(r.Header.Get("If-None-Match"), tag, sameTag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		body := body
		if encodings := r.Header.Get("Accept-Encoding"); encodings != "" && accepted(encodings, "gzip") != "" {
			h.Set("Content-Encoding", "gzip")
			body = packed()
		}
		_, _ = w.Write(body) // the client may have gone
	})
}
