package payload

import (
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
)

// erasedPayload stands where a payload was that cannot be read any more.
func erasedPayload() *commonpb.Payload {
	return &commonpb.Payload{Metadata: map[string][]byte{converter.MetadataEncoding: []byte(encodingErased)}}
}

// Erased tells that a payload which came from Temporal was erased.
func Erased(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == encodingErased
}

// newConverter returns the SDK's converter, which says ErrErased of what was
// erased: a saga that is made to read such a thing, as by a reset, fails by it.
func newConverter() converter.DataConverter {
	return converter.NewCompositeDataConverter(
		converter.NewNilPayloadConverter(), converter.NewByteSlicePayloadConverter(), converter.NewProtoJSONPayloadConverter(),
		converter.NewProtoPayloadConverter(), converter.NewJSONPayloadConverter(), erasedConverter{},
	)
}

type erasedConverter struct{}

// ToPayload leaves every value to another converter.
func (erasedConverter) ToPayload(any) (*commonpb.Payload, error) { return nil, nil } //nolint:nilnil // by the interface

// FromPayload: ErrErased.
func (erasedConverter) FromPayload(*commonpb.Payload, any) error { return ErrErased }

// ToString says that there is nothing to say.
func (erasedConverter) ToString(*commonpb.Payload) string { return "erased" }

// Encoding is that of what was erased.
func (erasedConverter) Encoding() string { return encodingErased }
