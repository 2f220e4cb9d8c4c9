package api_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
)

// listening serves a front door of its own on a port of its own.
func listening(t *testing.T, h http.Handler) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	closed := make(chan error, 1)
	go func() { closed <- api.Serve(ctx, l, 1000, h) }()
	t.Cleanup(func() { stop(); require.NoError(t, <-closed) })
	return l.Addr().String()
}

// said sends bytes as they are, and gives the statuses of all that comes back until
// the server closes the connection. Open: it did not.
func said(t *testing.T, address, raw string) (statuses []int, open bool) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(3*time.Second)))
	_, _ = io.WriteString(conn, raw) // it may close before it read all
	back, err := io.ReadAll(conn)
	for r := bufio.NewReader(bytes.NewReader(back)); ; {
		if _, err := r.Peek(1); err != nil {
			break
		}
		res, err := http.ReadResponse(r, nil)
		require.NoError(t, err, "%q", back)
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		statuses = append(statuses, res.StatusCode)
	}
	return statuses, errors.Is(err, os.ErrDeadlineExceeded)
}

// smuggled is what an attacker wants to be taken for a request of its own.
const smuggled = "GET /health HTTP/1.1\r\nHost: smuggled\r\n\r\n"

func post(headers ...string) string {
	return "POST /v1/orders HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer skald_o\r\nContent-Type: application/json\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\n"
}

// TestSmuggling: where one request ends and the next begins is never in doubt.
// What could be read in two ways gets one answer, an error, and the connection
// is closed.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	address := listening(t, h)
	const chunked, empty = "Transfer-Encoding: chunked", "0\r\n\r\n"
	get := func(lines ...string) string { return strings.Join(append(lines, "", ""), "\r\n") }
	for name, raw := range map[string]string{
		"TE.TE, two":                   post(chunked, "Transfer-Encoding: identity") + empty + smuggled,
		"TE.TE, twice":                 post(chunked, chunked) + empty + smuggled,
		"TE.TE, list":                  post("Transfer-Encoding: chunked, identity") + empty + smuggled,
		"TE.TE, xchunked":              post("Transfer-Encoding: xchunked") + empty + smuggled,
		"TE.TE, quoted":                post(`Transfer-Encoding: "chunked"`) + empty + smuggled,
		"TE.TE, vertical tab":          post("Transfer-Encoding: \vchunked") + empty + smuggled,
		"TE.TE, space before colon":    post("Transfer-Encoding : chunked") + empty + smuggled,
		"TE.TE, folded":                post("Transfer-Encoding:\r\n chunked") + empty + smuggled,
		"TE.TE, NUL":                   post("Transfer-Encoding: chunked\x00") + empty + smuggled,
		"CL twice":                     post("Content-Length: 5", "Content-Length: 6") + "{}    " + smuggled,
		"CL list":                      post("Content-Length: 5, 6") + "{}    " + smuggled,
		"CL negative":                  post("Content-Length: -1") + smuggled,
		"CL signed":                    post("Content-Length: +2") + "{}" + smuggled,
		"CL hexadecimal":               post("Content-Length: 0x2") + "{}" + smuggled,
		"CL with a space":              post("Content-Length: 1 2") + "{}" + smuggled,
		"CL too large":                 post("Content-Length: 99999999999999999999") + smuggled,
		"CL space before colon":        post("Content-Length : 2") + "{}" + smuggled,
		"name with a space":            post("X Y: 1", "Content-Length: 2") + "{}" + smuggled,
		"value with NUL":               post("X: a\x00b", "Content-Length: 2") + "{}" + smuggled,
		"value with CR":                post("X: a\rTransfer-Encoding: chunked", "Content-Length: 2") + "{}" + smuggled,
		"name missing":                 post(": x", "Content-Length: 2") + "{}" + smuggled,
		"no colon":                     post("nonsense", "Content-Length: 2") + "{}" + smuggled,
		"first header folded":          "POST /v1/orders HTTP/1.1\r\n X: 1\r\nHost: x\r\n\r\n" + smuggled,
		"chunk size too large":         post(chunked) + "fffffffffffffffff\r\n{}\r\n" + empty + smuggled,
		"chunk size signed":            post(chunked) + "-2\r\n{}\r\n" + empty + smuggled,
		"chunk size of nothing":        post(chunked) + ";x\r\n{}\r\n" + empty + smuggled,
		"chunk size with a space":      post(chunked) + "2 2\r\n{}\r\n" + empty + smuggled,
		"chunk size with 0x":           post(chunked) + "0x2\r\n{}\r\n" + empty + smuggled,
		"chunk longer than its size":   post(chunked) + "2\r\n{} \r\n" + empty + smuggled,
		"chunk ended by LF":            post(chunked) + "2\r\n{}\n" + empty + smuggled,
		"chunk extension with bare LF": post(chunked) + "2;\nxx\r\n{}\r\n" + empty + smuggled,
		"chunk extension without end":  post(chunked) + "2;" + strings.Repeat("x", 64<<10) + "\r\n{}\r\n" + empty + smuggled,
		"trailer that is none":         post(chunked) + "2\r\n{}\r\n0\r\nX Y: 1\r\n\r\n" + smuggled,
		"Host missing":                 get("GET /health HTTP/1.1") + smuggled,
		"Host twice":                   get("GET /health HTTP/1.1", "Host: a", "Host: b") + smuggled,
		"Host with a path":             get("GET /health HTTP/1.1", "Host: a/b") + smuggled,
		"HTTP/0.9":                     "GET /health\r\n\r\n" + smuggled,
		"HTTP/2 in clear":              "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled,
		"HTTP/3.0":                     get("GET /health HTTP/3.0", "Host: a") + smuggled,
		"version of another form":      get("GET /health HTTP/1.10", "Host: a") + smuggled,
		"version with a space":         get("GET /health  HTTP/1.1", "Host: a") + smuggled,
		"method with a space":          get(" GET /health HTTP/1.1", "Host: a") + smuggled,
		"method that is none":          get("G@T /health HTTP/1.1", "Host: a") + smuggled,
		"target that is none":          get("GET health HTTP/1.1", "Host: a") + smuggled,
		"target with a control":        get("GET /hea\x01lth HTTP/1.1", "Host: a") + smuggled,
		"target escaped wrongly":       get("GET /%zz HTTP/1.1", "Host: a") + smuggled,
		"headers too large":            get("GET /health HTTP/1.1", "Host: a", "X: "+strings.Repeat("x", 64<<10)) + smuggled,
		"TLS":                          "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statuses, open := said(t, address, raw)
			require.False(t, open, "the connection stays open")
			require.LessOrEqual(t, len(statuses), 1)
			for _, status := range statuses {
				require.GreaterOrEqual(t, status, 400)
				require.NotEqual(t, http.StatusInternalServerError, status)
			}
		})
	}
}

// TestOneReading: what is odd, and means one thing only, is read so: the length
// in chunks counts where both are given (RFC 9112, section 6.3), and the
// connection is closed after it, so that nothing can follow.
func TestOneReading(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	address := listening(t, h)
	for name, tc := range map[string]struct {
		raw      string
		statuses []int
	}{
		"CL.TE":                                  {post("Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n" + smuggled, []int{400}},
		"TE.CL":                                  {post("Transfer-Encoding: chunked", "Content-Length: 2") + "2\r\n{}\r\n0\r\n\r\n" + smuggled, []int{422}},
		"HTTP/1.0 TE":                            {strings.Replace(post("Transfer-Encoding: chunked"), "HTTP/1.1", "HTTP/1.0", 1) + "0\r\n\r\n" + smuggled, []int{400}},
		"CL twice the same":                      {post("Content-Length: 2", "Content-Length: 2", "Connection: close") + "{}" + smuggled, []int{422}},
		"absolute form":                          {"GET http://elsewhere/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", []int{200}},
		"asterisk":                               {"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", []int{404}},
		"CONNECT":                                {"CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere:443\r\nConnection: close\r\n\r\n", []int{404}},
		"bare LF":                                {strings.ReplaceAll("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "\r\n", "\n"), []int{200}},
		"chunk extensions":                       {post("Transfer-Encoding: chunked", "Connection: close") + "2;a=b;c=\"d\"\r\n{}\r\n0;e\r\n\r\n" + smuggled, []int{422}},
		"pipelined":                              {strings.Repeat(smuggled, 3) + strings.Replace(smuggled, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1), []int{200, 200, 200, 200}},
		"pipelined after an error":               {smuggled + "GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + smuggled, []int{200, 400}},
		"pipelined after a body that breaks off": {post("Transfer-Encoding: chunked") + "zz\r\n" + smuggled, []int{400}},
		"trailers do not become headers": {post("Transfer-Encoding: chunked", "Trailer: Idempotency-Key", "Connection: close") +
			"2\r\n{}\r\n0\r\nIdempotency-Key: " + pan + "\r\n\r\n", []int{422}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statuses, open := said(t, address, tc.raw)
			require.False(t, open)
			require.Equal(t, tc.statuses, statuses)
		})
	}
}

// TestBodyThatComesLater: a body has its time, also one that is taken as it is.
func TestBodyThatComesLater(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	address := listening(t, h)
	for path, want := range map[string]int{"/v1/webhooks/stripe": http.StatusNoContent, "/v1/orders": http.StatusUnprocessableEntity} {
		conn, err := net.Dial("tcp", address)
		require.NoError(t, err)
		_, err = io.WriteString(conn, strings.Replace(post("Content-Length: 2", "Expect: 100-continue"), "/v1/orders", path, 1))
		require.NoError(t, err)
		back := bufio.NewReader(conn)
		for _, status := range []int{http.StatusContinue, want} { // by the first, the body is waited for
			res, err := http.ReadResponse(back, nil)
			require.NoError(t, err)
			require.Equal(t, status, res.StatusCode, path)
			require.NoError(t, res.Body.Close())
			if status == http.StatusContinue {
				_, err = io.WriteString(conn, "{}")
				require.NoError(t, err)
			}
		}
		require.NoError(t, conn.Close())
	}
}
