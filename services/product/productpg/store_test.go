package productpg_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/product/productpg"
	"github.com/skaldhq/skald/services/product/producttest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

func TestStore(t *testing.T) {
	t.Parallel()
	for name, reach := range map[string]func(*testing.T, product.Service) product.Service{"in process": inProcess, "across the network": acrossNetwork} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			producttest.Run(t, func(t *testing.T) product.Service { return reach(t, productpg.New(cluster.Database(t, "product"))) })
		})
	}
}

// TestGuard: the database itself refuses what the service never does.
func TestGuard(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "product")
	_, _, err := productpg.New(pool).Put(t.Context(), producttest.Request())
	require.NoError(t, err)
	for sql, constraint := range map[string]string{
		"UPDATE products SET base_price = -1":  "products_base_price_not_negative",
		"UPDATE products SET currency = 'eur'": "products_currency_code",
	} {
		_, err := pool.Exec(t.Context(), sql)
		require.ErrorContains(t, err, constraint)
	}
}
