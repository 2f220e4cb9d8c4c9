package checker

import (
	"net/http"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
)

// Codec is where sealed payloads are opened, and as whom.
type Codec struct {
	URL string // to which /decode is added
	Key string // an operator's
}

// open has a client of Temporal open what it reads. It sends nothing that would
// have to be sealed.
func (c *Codec) open(o *client.Options) error {
	if c == nil {
		return nil
	}
	remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: c.URL, ModifyRequest: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+c.Key)
		return nil
	}})
	opening, err := converter.NewPayloadCodecGRPCClientInterceptor(converter.PayloadCodecGRPCClientInterceptorOptions{Codecs: []converter.PayloadCodec{remote}})
	o.ConnectionOptions.DialOptions = append(o.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(opening))
	return err
}
