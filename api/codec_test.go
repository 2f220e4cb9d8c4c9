package api_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/internal/fault"
)

// reversing is a codec that turns data around.
type reversing struct{ err error }

func (r reversing) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	var all []*commonpb.Payload
	for _, p := range payloads {
		data := slices.Clone(p.Data)
		slices.Reverse(data)
		all = append(all, &commonpb.Payload{Metadata: p.Metadata, Data: data})
	}
	return all, r.err
}

func (r reversing) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return r.Encode(payloads)
}

// TestCodec: the Web UI has payloads opened and sealed for operators, by the
// protocol of Temporal's remote codecs, and for nobody else.
func TestCodec(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	const body = `{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"YWJj"},{}]}`
	for _, path := range []string{"/v1/codec/decode", "/v1/codec/encode"} {
		res, _ := call(h, http.MethodPost, path, body, "X-Namespace", "default")
		require.Equal(t, http.StatusOK, res.Code, res.Body)
		require.JSONEq(t, `{"payloads":[{"metadata":{"encoding":"anNvbi9wbGFpbg=="},"data":"Y2Jh"},{}]}`, res.Body.String())
		for key, want := range map[string]int{"nobody": http.StatusUnauthorized, "skald_a": http.StatusForbidden, "skald_s": http.StatusForbidden} {
			res, _ = call(h, http.MethodPost, path, body, bearer(key)...)
			require.Equal(t, want, res.Code)
		}
		res, _ = call(h, http.MethodPost, path, `{"payloads":[{"data":"not base64"}]}`)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code)
	}
}

// TestCodecAway: what cannot be opened just now can be asked for again.
func TestCodecAway(t *testing.T) {
	t.Parallel()
	_, h := setup(t, func(c *api.Config) {
		c.Codec = reversing{fault.New(fault.Unavailable, "service_unavailable", "The user service did not answer.")}
	})
	res, _ := call(h, http.MethodPost, "/v1/codec/decode", `{"payloads":[]}`)
	require.Equal(t, http.StatusServiceUnavailable, res.Code, res.Body)
}
