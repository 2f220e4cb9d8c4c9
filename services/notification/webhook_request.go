package notification

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/text"
)

// How much a client may say of an endpoint.
const (
	maxURL         = 2000 // in bytes
	maxDescription = 200  // in characters
	maxEventTypes  = 100
)

// EndpointState is what a client sets of an endpoint.
type EndpointState struct {
	URL         string   `json:"url"`
	Description string   `json:"description"`
	EventTypes  []string `json:"event_types"`
}

// NewEndpoint asks for an endpoint.
type NewEndpoint struct {
	ID    string `json:"id"` // the key of the operation
	Owner string `json:"owner"`
	EndpointState
}

// EndpointChange replaces a version of an endpoint.
type EndpointChange struct {
	EndpointRef
	EndpointState

	Status  EndpointStatus `json:"status"`
	Version int64          `json:"version"`
}

// Rotation asks for a new secret.
type Rotation struct {
	EndpointRef

	SecretID string `json:"secret_id"` // the key of the operation
}

// typeShape is how the type of an event is written.
var typeShape = regexp.MustCompile(`^[a-z_]{1,50}\.[a-z_]{1,50}$`)

// Sorted is the state with its types in order, each once.
func (s EndpointState) Sorted() EndpointState {
	types := slices.Clone(s.EventTypes)
	slices.Sort(types)
	s.EventTypes = slices.Compact(types)
	return s
}

func (s EndpointState) validate() error {
	switch {
	case s.URL == "" || len(s.URL) > maxURL || !text.Keepable(s.URL):
		return fault.InvalidField("url", "must be a URL of at most 2000 bytes")
	case utf8.RuneCountInString(s.Description) > maxDescription || !text.Keepable(s.Description):
		return fault.InvalidField("description", "must be text of at most 200 characters")
	case len(s.EventTypes) == 0 || len(s.EventTypes) > maxEventTypes:
		return fault.InvalidField("event_types", "must be 1 to 100 types of events")
	}
	for i, t := range s.EventTypes {
		if !typeShape.MatchString(t) {
			return fault.InvalidField(fmt.Sprintf("event_types[%d]", i), "must be a type of an event, such as order.confirmed")
		}
	}
	return nil
}

// Validate tells the first field that is wrong.
func (n NewEndpoint) Validate() error {
	if _, err := EndpointIDPrefix.Parse(n.ID); err != nil {
		return fault.InvalidField("endpoint_id", err.Error())
	}
	if n.Owner == "" || !text.Keepable(n.Owner) {
		return fault.InvalidField("owner", "must be text that is not empty")
	}
	return n.validate()
}

// Validate tells the first field that is wrong.
func (c EndpointChange) Validate() error {
	if c.Status != Enabled && c.Status != Disabled {
		return fault.InvalidField("status", "must be enabled or disabled")
	}
	return c.validate()
}

// Describes tells whether an endpoint is what the client wants.
func (s EndpointState) Describes(e Endpoint) bool {
	return s.URL == e.URL && s.Description == e.Description && slices.Equal(s.Sorted().EventTypes, e.EventTypes)
}

// Validate tells the first field that is wrong.
func (r Rotation) Validate() error {
	if _, err := SecretIDPrefix.Parse(r.SecretID); err != nil {
		return fault.InvalidField("secret_id", err.Error())
	}
	return nil
}
