package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/product"
)

// TestSift: what only the other services know narrows the list too, page by page.
func TestSift(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for i := range 250 {
		w.shelf = append(w.shelf, product.Product{ID: fmt.Sprint("prd_", i+1000), BasePrice: money.New(int64(i), "EUR")})
	}
	walk := func(query string) (all []string) {
		cursor := ""
		for range 500 {
			res, out := call(h, http.MethodGet, "/v1/products?sort=price&"+query+cursor, "")
			require.Equal(t, http.StatusOK, res.Code, res.Body)
			for _, item := range out["items"].([]any) {
				all = append(all, strings.TrimPrefix(item.(map[string]any)["id"].(string), "prd_"))
			}
			next, _ := out["next_cursor"].(string)
			if next == "" {
				return all
			}
			cursor = "&cursor=" + next
		}
		t.Fatal("the list has no end")
		return nil
	}
	for _, limit := range []int{1, 7, 100} {
		prices := walk(fmt.Sprintf("min_price=100&max_price=130&limit=%d", limit))
		require.Len(t, prices, 31)
		require.Equal(t, "1100", prices[0])
		require.Len(t, walk(fmt.Sprintf("max_price=0&limit=%d", limit)), 1)
	}
	require.Len(t, walk("limit=60"), 250)
	require.Len(t, walk("in_stock=true&limit=100"), 125)
	require.Len(t, walk("in_stock=false&limit=100"), 125)
	require.EqualValues(t, 60, w.listed[len(w.listed)-8].Limit, "nothing to sift by: no more than the page")
	w.stockErr = fault.New(fault.Unavailable, "down", "Down.")
	_, fresh := setup(t)
	res, _ := call(fresh, http.MethodGet, "/v1/products?in_stock=maybe", "")
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)
	res, _ = call(fresh, http.MethodGet, "/v1/products?sort=colour", "")
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)
}

// TestRecent: a service that does not answer is stood in for by what it said a
// moment ago, and it is said that it does not.
func TestRecent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, h := setup(t)
		get := func() map[string]any { _, out := call(h, http.MethodGet, "/v1/products/prd_1", ""); return out }
		whole := get()
		require.Empty(t, whole["degraded"])
		w.stockErr = fault.New(fault.Unavailable, "down", "Down.")
		w.priceErr = w.stockErr
		time.Sleep(5 * time.Second)
		require.Equal(t, whole["stock"], get()["stock"])
		require.Equal(t, whole["price"], get()["price"])
		require.Equal(t, []any{"inventory", "pricing"}, get()["degraded"])
		time.Sleep(time.Millisecond)
		require.Nil(t, get()["stock"])
		require.Equal(t, 1000., get()["price"].(map[string]any)["amount"])
	})
}
