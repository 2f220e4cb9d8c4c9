package api

import (
	"mime"
	"strconv"
	"strings"
)

// accepted picks of the media types that are offered the one that an Accept
// header wants most (RFC 9110): by weight, then by the more specific wish, then
// the first offer. Without a header it is the first offer; empty: the header wants
// none of them. What cannot be read of a header wants nothing.
func accepted(header string, offers ...string) string {
	if strings.TrimSpace(header) == "" {
		return offers[0]
	}
	best, most, closest := "", 0.0, 0
	for _, offer := range offers {
		weight, specific := wish(header, offer)
		if weight > most || (weight == most && weight > 0 && specific > closest) {
			best, most, closest = offer, weight, specific
		}
	}
	return best
}

// wish is the weight that a header gives a media type, and how specific it is
// about it: its most specific range decides.
func wish(header, offer string) (weight float64, specific int) {
	kind, _, _ := strings.Cut(offer, "/")
	ranges := map[string]int{"*/*": 1, kind + "/*": 2, offer: 3}
	for part := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil || ranges[name] <= specific {
			continue
		}
		weight, specific = 1, ranges[name]
		if q, given := params["q"]; given {
			weight, _ = strconv.ParseFloat(q, 64) // what is no number is a weight of none
		}
	}
	return weight, specific
}
