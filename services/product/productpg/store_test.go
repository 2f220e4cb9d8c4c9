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
	suite(t, inProcess)
}

// TestAcrossTheNetwork: nobody can tell a service from its client.
func TestAcrossTheNetwork(t *testing.T) {
	t.Parallel()
	suite(t, acrossNetwork)
}

// suite holds the service to its contract, however it is reached.
func suite(t *testing.T, reach func(*testing.T, product.Service) product.Service) {
	t.Helper()
	producttest.Run(t, func(t *testing.T) product.Service { return reach(t, productpg.New(cluster.Database(t, "product"))) })
}

// TestGuard: the database itself refuses what the service never does.
func TestGuard(t *testing.T) {
	t.Parallel()
	pool := cluster.Database(t, "product")
	_, _, err := productpg.New(pool).Create(t.Context(), producttest.Request())
	require.NoError(t, err)
	for sql, constraint := range map[string]string{
		"UPDATE products SET base_price = -1":  "products_base_price_not_negative",
		"UPDATE products SET currency = 'eur'": "products_currency_code",
	} {
		_, err := pool.Exec(t.Context(), sql)
		require.ErrorContains(t, err, constraint)
	}
}
