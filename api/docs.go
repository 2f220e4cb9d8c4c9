package api

import (
	"fmt"
	"io/fs"
	"net/http"

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
func serveDocument(mux *http.ServeMux, a huma.API) error {
	json, err := a.OpenAPI().MarshalJSON()
	if err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	yaml, err := a.OpenAPI().YAML()
	if err != nil {
		return fmt.Errorf("write OpenAPI document: %w", err)
	}
	files, err := fs.Sub(swagger.FS, ".")
	if err != nil {
		return fmt.Errorf("open Swagger UI: %w", err)
	}
	mux.Handle("GET /openapi.json", fixed("application/vnd.oai.openapi+json", json))
	mux.Handle("GET /openapi.yaml", fixed("application/vnd.oai.openapi", yaml))
	mux.Handle("GET /docs", guarded(docsPage))
	mux.Handle("GET /docs/start.js", fixed("text/javascript; charset=utf-8", []byte(docsStart)))
	assets := http.StripPrefix("/docs/", http.FileServerFS(files))
	for _, name := range []string{"swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png"} {
		if _, err := fs.Stat(files, name); err != nil {
			return fmt.Errorf("open Swagger UI: %w", err)
		}
		mux.Handle("GET /docs/"+name, assets)
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

func fixed(contentType string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body) // the client may have gone
	})
}
