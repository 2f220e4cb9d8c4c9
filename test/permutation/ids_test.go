package permutation_test

import (
	"github.com/google/uuid"

	"github.com/skaldhq/skald/internal/id"
)

// uuidOf is an id as databases hold it.
func uuidOf(public string) uuid.UUID {
	u, err := id.Prefix(public[:3]).Parse(public)
	if err != nil {
		panic(err)
	}
	return u
}

func uuidsOf(public ...string) []uuid.UUID {
	all := make([]uuid.UUID, len(public))
	for i, p := range public {
		all[i] = uuidOf(p)
	}
	return all
}
