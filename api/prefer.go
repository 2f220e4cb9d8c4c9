package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// preference is how a client wants its order answered (RFC 7240).
type preference struct {
	async bool          // at once; what wait= says does not matter then
	asked bool          // wait is the client's, not the default
	wait  time.Duration // zero: at once
}

// preference reads Prefer. What it does not know it passes over, parameters
// too; of what is there twice the first counts.
func (c Config) preference(prefer string) preference {
	p := preference{wait: c.Wait}
	for token := range strings.SplitSeq(prefer, ",") {
		token, _, _ = strings.Cut(token, ";")
		name, value, _ := strings.Cut(token, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "respond-async":
			p.async = true
		case "wait":
			seconds, err := strconv.Atoi(strings.Trim(strings.TrimSpace(value), `"`))
			if err != nil || seconds < 0 || p.asked {
				continue
			}
			longest := int(c.MaxWait / time.Second)
			p.asked, p.wait = true, time.Duration(min(seconds, longest))*time.Second
		}
	}
	if p.async {
		p.wait = 0
	}
	return p
}

// applied is what an answer with a status followed: the wait as long as it was
// allowed to be, and that it was none where the outcome is still to come.
func (p preference) applied(status int) string {
	switch {
	case p.async && status == http.StatusAccepted:
		return "respond-async"
	case p.async || !p.asked:
		return ""
	default:
		return fmt.Sprintf("wait=%d", int(p.wait/time.Second))
	}
}

// refuse is the answer to who waited for what did not come about, and is at a path.
func (p preference) refuse(ended *Problem, path string) error {
	headers := http.Header{"Location": {path}}
	if applied := p.applied(ended.Status); applied != "" {
		headers.Set("Preference-Applied", applied)
	}
	return huma.ErrorWithHeaders(ended, headers)
}
