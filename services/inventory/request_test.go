package inventory_test

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/skaldhq/skald/services/inventory"
)

func TestAddUp(t *testing.T) {
	t.Parallel()
	products := []string{"nonsense", ""}
	for _, n := range []byte{3, 1, 2} {
		products = append(products, inventory.ProductIDPrefix.Format(uuid.UUID{0: n}))
	}
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.Custom(func(t *rapid.T) inventory.Line {
			return inventory.Line{
				ProductID: rapid.SampledFrom(products).Draw(t, "product"),
				Quantity:  rapid.Int64Range(1, math.MaxInt64).Draw(t, "quantity"),
			}
		})).Draw(t, "lines")
		want := map[string]*big.Int{}
		for _, line := range lines {
			if want[line.ProductID] == nil {
				want[line.ProductID] = new(big.Int)
			}
			want[line.ProductID].Add(want[line.ProductID], big.NewInt(line.Quantity))
		}

		added := inventory.AddUp(lines)

		require.Len(t, added, len(want))
		require.True(t, slices.IsSortedFunc(added, func(a, b inventory.Line) int {
			if a.ProductID < b.ProductID {
				return -1
			}
			return 1
		}))
		for _, line := range added {
			if sum := want[line.ProductID]; sum.IsInt64() {
				require.Equal(t, sum.Int64(), line.Quantity)
			} else {
				require.Equal(t, int64(math.MaxInt64), line.Quantity)
			}
		}
		require.Equal(t, added, inventory.AddUp(added), "adding up again changes nothing")
	})
}
