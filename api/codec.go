package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	commonpb "go.temporal.io/api/common/v1"
)

// Payload is what a saga left at Temporal, as Temporal's Web UI passes it on.
type Payload struct {
	Metadata map[string][]byte `json:"metadata,omitempty" doc:"What it is and how it is kept, in base64 each" example:"{\"encoding\":\"anNvbi9wbGFpbg==\"}"`
	Data     []byte            `json:"data,omitempty" doc:"In base64" example:"ImNvbmZpcm1lZCI="`
}

// Payloads are in the sequence in which they were asked for.
type Payloads struct {
	Payloads []Payload `json:"payloads" nullable:"false" maxItems:"10000"`
}

type codecInput struct {
	Namespace string `header:"X-Namespace" doc:"The namespace that the Web UI looks at" example:"default"`
	Body      Payloads
}

type codecOutput struct{ Body Payloads }

// registerCodec mounts the remote codec of Temporal's Web UI, whose protocol names
// the paths.
func (c Config) registerCodec(a huma.API) {
	huma.Register(a, operation("decode-payloads", http.MethodPost, "/v1/codec/decode", "sagas", operatorsOnly(readPayloads), "Open payloads",
		"For Temporal's Web UI, by the protocol of its remote codecs: its codec endpoint is `/v1/codec`, and it has to pass the operator's token on. "+
			"A payload that was erased with its user says so; one that is not sealed, or that nobody here can open, stays as it is."), c.decode)
	huma.Register(a, operation("encode-payloads", http.MethodPost, "/v1/codec/encode", "sagas", operatorsOnly(writePayloads), "Seal payloads",
		"What an operator sends from Temporal's Web UI, such as a signal's input, is sealed by this first. Without payload keys it stays as it is."), c.encode)
}

func (c Config) decode(ctx context.Context, in *codecInput) (*codecOutput, error) {
	return translated(ctx, in, c.Codec.Decode)
}

func (c Config) encode(ctx context.Context, in *codecInput) (*codecOutput, error) {
	return translated(ctx, in, c.Codec.Encode)
}

func translated(ctx context.Context, in *codecInput, do func([]*commonpb.Payload) ([]*commonpb.Payload, error)) (*codecOutput, error) {
	asked := make([]*commonpb.Payload, len(in.Body.Payloads))
	for i, p := range in.Body.Payloads {
		asked[i] = &commonpb.Payload{Metadata: p.Metadata, Data: p.Data}
	}
	found, err := do(asked)
	if err != nil {
		return nil, problem(ctx, err)
	}
	out := &codecOutput{Body: Payloads{Payloads: make([]Payload, len(found))}}
	for i, p := range found {
		out.Body.Payloads[i] = Payload{Metadata: p.GetMetadata(), Data: p.GetData()}
	}
	return out, nil
}
