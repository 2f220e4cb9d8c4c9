package fuzz

import (
	"net/http"
	"net/url"
	"strings"
)

// injections are texts that mean something to somebody further in; C is the canary.
func injections() []string {
	return []string{
		"' OR '1'='1' -- C", "'; DROP TABLE orders; -- C", "C') UNION SELECT hash FROM api_keys --", "1; SELECT pg_sleep(5) -- C", `\'; C`, "*)(uid=*))(|(uid=C", "C)(cn=*",
		"{{7*7}}C", "${jndi:ldap://C.example/a}", "<%= C %>", "#{C}", "<script>C</script>", `"><img src=x onerror=C>`, "../../../../etc/passwd C", `..\..\C`, "%2e%2e%2fC", "file:///etc/passwd?C",
		"C\r\nSet-Cookie: a=b", "C\nX-Injected: 1", "C%0d%0aX-Injected:1", "C%00", "C\x00", "`id C`", "$(id) C", "| cat /etc/passwd C", "%s%n%x C", "C\u2028", "\u202eC", "C" + strings.Repeat("😀", 50),
		"ExecutionStatus='Running' OR C", "' OR WorkflowType = 'C", "C*", "_%C", "http://169.254.169.254/C", "=cmd|C", "\\u0000C", "C\x7f\x1b[31m",
	}
}

// attack turns a valid request into one that an attacker writes.
func (m *maker) attack(d *draft, others []string) {
	ways := []func(*draft){m.inject, m.inject, m.inject, m.wrongMethod, m.wrongType, m.wrongPath, m.wrongQuery, m.wrongHeader, func(d *draft) { m.wrongCredential(d, others) }}
	pick(m, ways)(d)
}

// inject puts a text somewhere.
func (m *maker) inject(d *draft) {
	d.request.What = "injection"
	poison := strings.ReplaceAll(pick(m, injections()), "C", d.request.Canary)
	var texts []site
	for _, s := range sites(d.body) {
		if _, ok := s.get().(string); ok {
			texts = append(texts, s)
		}
	}
	n := len(texts) + len(d.path) + len(d.request.Operation.Parameters) + 1
	switch i := m.IntN(n); {
	case i < len(texts):
		texts[i].set(poison)
	case i < len(texts)+len(d.path):
		d.path[sorted(d.path)[i-len(texts)]] = poison
	case i < n-1:
		p := d.request.Operation.Parameters[i-len(texts)-len(d.path)]
		switch p.In {
		case "query":
			d.query.Set(p.Name, poison)
		case "header":
			d.request.set(p.Name, poison)
			d.request.Wire = true
		}
	default:
		d.query.Set(poison, "1")
	}
}

func (m *maker) wrongMethod(d *draft) {
	d.request.What = "method"
	d.request.Routed = false
	d.request.Method = pick(m, []string{"PATCH", "TRACE", "PROPFIND", "OPTIONS", "HEAD", "get", "post", "CONNECT", "FOO", strings.Repeat("A", 300), "DELETE", "PUT", "POST", "GET"})
	d.request.Wire = d.request.Method == http.MethodConnect
}

func (m *maker) wrongType(d *draft) {
	d.request.What = "content type"
	d.request.set("Content-Type", pick(m, []string{
		"text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x", "application/json; charset=utf-16", "application/problem+json", "application/cbor", "application/x-ndjson", "*/*", "", ";", "application/" + d.request.Canary, "application/json, text/" + d.request.Canary,
	}))
	if m.IntN(2) == 0 {
		d.request.set("Accept", pick(m, []string{"text/html", "application/xml", "application/cbor", "*/*;q=0", "application/json;q=0", d.request.Canary, ",", "image/*"}))
	}
	if m.IntN(3) == 0 {
		d.request.set("Content-Encoding", pick(m, []string{"gzip", "br", "identity", d.request.Canary}))
	}
	if m.IntN(3) == 0 && d.body == nil {
		d.raw = []byte("<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;" + d.request.Canary + "</a>")
	}
}

func (m *maker) wrongPath(d *draft) {
	d.request.What = "path"
	d.request.Wire, d.request.Routed = true, false
	path := d.written().Path
	d.request.Path = pick(m, []string{
		path + "/", "/" + path, strings.ReplaceAll(path, "/", "//"), "/v1/../v1" + path, "/." + path, path + "/..", path + "/%2e%2e/" + d.request.Canary, "/%2e%2e/%2e%2e/etc/passwd" + d.request.Canary, path + "/" + strings.Repeat("a", 8000),
		strings.ToUpper(path), path + ";a=b", path + "%00", path + "%zz", path + "%", path + "%ff", path + ".json", "/v2" + path, "/" + d.request.Canary, "/docs/../" + d.request.Canary, "/docs/" + d.request.Canary, "/rpc/user/" + d.request.Canary, "/debug/pprof/", "/metrics/" + d.request.Canary, "*", "http://" + d.request.Canary + path, "//" + d.request.Canary + "/", `\` + path, path + "#" + d.request.Canary, "/\xff" + path, "/ü",
	})
}

func (m *maker) wrongQuery(d *draft) {
	d.request.What = "query"
	d.request.Wire = true
	canary := d.request.Canary
	d.request.Query = pick(m, []string{
		"limit=1&limit=2", "limit=1;limit=2", "limit[]=1", "limit%5B%5D=" + canary, "%zz=" + canary, "a=%zz" + canary, "&&&", "=" + canary, "limit", "limit=%31", "limit=１", "?", "cursor=" + url.QueryEscape(strings.Repeat("A", 200)), "cursor=" + strings.Repeat("%41", 3000), "%00=" + canary, "limit=%00", "q=%ff%fe" + canary,
		"q=%", "q=%2", "__proto__[a]=" + canary, "limit=1#" + canary, "limit==1", strings.Repeat("a=1&", 3000), strings.Repeat("limit=1&", 1000), "LIMIT=1", "nothing=" + canary, "created_after=2026-01-01T00:00:00+01:00", "status=" + canary, "q=" + strings.Repeat("%25", 60),
	})
}

func (m *maker) wrongHeader(d *draft) {
	d.request.What = "header"
	canary := d.request.Canary
	h := pick(m, []Header{
		{"X-Forwarded-For", "127.0.0.1, " + canary}, {"X-Forwarded-Host", canary + ".example"}, {"Forwarded", "for=" + canary}, {"X-HTTP-Method-Override", "DELETE"}, {"X-Original-URL", "/v1/sagas"}, {"X-Rewrite-URL", "/metrics"},
		{"Traceparent", canary}, {"Traceparent", "00-" + strings.Repeat("0", 32) + "-" + strings.Repeat("0", 16) + "-01"}, {"Tracestate", canary + "=" + canary}, {"Cookie", "session=" + canary}, {"Origin", "https://" + canary + ".example"}, {"Referer", canary},
		{"X-Big", strings.Repeat("x", 20<<10)}, {"X-Huge", strings.Repeat("x", 48<<10)}, {"X-Bin", "\x80\xff" + canary}, {"X-Nul", "a\x00" + canary}, {"X-CR", "a\rX: " + canary}, {"Bad Name", canary}, {"", canary}, {"X-é", canary},
		{"Range", "bytes=0-1,2-3,4-"}, {"Expect", "100-continue"}, {"Expect", canary}, {"Upgrade", "h2c"}, {"Connection", "Upgrade, " + canary}, {"TE", "trailers"}, {"If-Match", `"` + canary + `"`}, {"If-None-Match", strings.Repeat(`"a",`, 2000)}, {"If-Modified-Since", canary}, {"Host", canary + ".example"}, {"Max-Forwards", "0"}, {"Prefer", "handling=" + canary}, {"Content-MD5", canary}, {"Last-Event-ID", canary}, {"Accept-Language", canary}, {"User-Agent", "() { :;}; echo " + canary},
	})
	d.request.Wire = true
	d.request.set(h.Name, h.Value)
}

func (m *maker) wrongCredential(d *draft, others []string) {
	d.request.What = "credential"
	canary := d.request.Canary
	values := []string{
		"", "Bearer", "Bearer ", "bearer " + canary, "Bearer skald_" + canary, "Bearer " + strings.Repeat("x", 10_000), "Bearer " + canary + " " + canary, "Bearer \x80\xff" + canary, "Basic YWRtaW46YWRtaW4=", "Digest username=" + canary, "Negotiate " + canary, canary, "Bearer null", "Bearer undefined", "Token " + canary,
		"Bearer eyJhbGciOiJub25lIn0.eyJza2FsZF9yb2xlIjoib3BlcmF0b3IifQ.", "Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ.e30." + canary, "Bearer .." + canary, "Bearer a.b.c.d.e",
	}
	for _, key := range others {
		values = append(values, "Bearer "+key, "Bearer "+key)
	}
	if m.IntN(len(values)+1) == 0 {
		d.request.unset("Authorization")
		return
	}
	d.request.set("Authorization", pick(m, values))
	d.request.Wire = true
	if m.IntN(5) == 0 {
		d.request.Headers = append(d.request.Headers, Header{"Authorization", "Bearer " + canary})
	}
}
