// Package payload seals what the sagas leave at Temporal: whoever reads its
// database, its Web UI or its API sees names, times and search attributes, and no
// payload. It sits at the connection to Temporal, beneath the SDK: what cannot be
// sealed or opened just now fails the call, which Temporal and the SDK try again,
// and never the saga.
//
// A payload of a user's saga is sealed with a key of that user's, which is erased
// some time after the user was: see docs/encryption.md.
package payload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// The metadata of a payload that is sealed. All of what was sealed, its metadata
// too, is in its data.
const (
	encodingSealed = "binary/encrypted"
	encodingErased = "binary/erased"
	metadataKey    = "encryption-key-id"
)

// ErrErased is that a payload cannot be read any more: its key was erased with its
// user.
var ErrErased = errors.New("the payload was erased with the user that it was of")

// Codec seals and opens payloads.
type Codec struct {
	keys      *Keys
	notOpened *prometheus.CounterVec
}

// NewCodec returns a codec with keys. Without any it seals nothing, and refuses
// what is sealed. It counts what it cannot open of tasks.
func NewCodec(keys *Keys, metrics prometheus.Registerer) *Codec {
	return &Codec{keys: keys, notOpened: countNotOpened(metrics)}
}

// seals tells whether there is a key to seal with.
func (c *Codec) seals() bool {
	_, ok := c.keys.ring.First()
	return ok
}

// seal seals a payload with a key; the platform's, where that was erased. What is
// sealed stays as it is.
func (c *Codec) seal(ctx context.Context, with keyName, p *commonpb.Payload) (*commonpb.Payload, error) {
	if sealed(p) {
		return p, nil
	}
	key, err := c.keys.find(ctx, with)
	if errors.Is(err, ErrErased) {
		key, err = c.keys.find(ctx, platform)
	}
	if err != nil {
		return nil, err
	}
	plain, err := proto.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encodingSealed), metadataKey: []byte(key.ID)},
		Data:     key.Seal(plain, encodingSealed),
	}, nil
}

// open opens a payload. ErrErased. What is not sealed stays as it is: it was
// there before there were keys.
func (c *Codec) open(ctx context.Context, p *commonpb.Payload) (*commonpb.Payload, error) {
	if !sealed(p) {
		return p, nil
	}
	plain, err := c.unseal(ctx, p)
	if err != nil {
		return nil, err
	}
	inner := &commonpb.Payload{}
	return inner, proto.Unmarshal(plain, inner)
}

func (c *Codec) unseal(ctx context.Context, p *commonpb.Payload) ([]byte, error) {
	key, err := c.keys.find(ctx, keyName(p.GetMetadata()[metadataKey]))
	if err != nil {
		return nil, err
	}
	plain, err := key.Open(p.GetData(), encodingSealed)
	if err != nil {
		return nil, fmt.Errorf("open a payload of key %s: %w", key.ID, err)
	}
	return plain, nil
}

func sealed(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == encodingSealed
}

// answerWithin is how long people wait for the keys that open what they look at.
const answerWithin = 5 * time.Second

var _ converter.PayloadCodec = (*Codec)(nil)

// Encode seals what people send themselves, with the platform's key.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.seals() {
		return payloads, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) { return c.seal(ctx, platform, p) })
}

// Decode opens payloads for people to look at. One that was erased says so; one of
// a key that is not known here stays sealed.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	ctx, cancel := context.WithTimeout(context.Background(), answerWithin)
	defer cancel()
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) {
		opened, err := c.open(ctx, p)
		switch {
		case errors.Is(err, ErrErased):
			return converter.GetDefaultDataConverter().ToPayload(map[string]string{"erased": ErrErased.Error()})
		case unreadable(err):
			return p, nil
		}
		return opened, err
	})
}

// each gives what becomes of each payload; none where that fails with one.
func each(payloads []*commonpb.Payload, do func(*commonpb.Payload) (*commonpb.Payload, error)) ([]*commonpb.Payload, error) {
	all := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		var err error
		if all[i], err = do(p); err != nil {
			return nil, err
		}
	}
	return all, nil
}
