package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/user"
)

const (
	userBody    = `{"email":"ada@example.com","name":"Ada"}`
	productBody = `{"name":"Rune dice","category":"games","base_price":{"amount":1450,"currency":"EUR"}}`
)

// TestCreateAgain: a POST that comes again with its key finds what it made.
func TestCreateAgain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ path, body, other string }{
		{"/v1/users", userBody, `{"email":"ada@example.com","name":"Grace"}`},
		{"/v1/products", productBody, strings.Replace(productBody, "1450", "1451", 1)},
	} {
		t.Run(tc.path, func(t *testing.T) {
			t.Parallel()
			w, h := setup(t)
			post := func(body, key, bearer string) (int, string, string) {
				res, out := call(h, http.MethodPost, tc.path, body, "Idempotency-Key", key, "Authorization", "Bearer "+bearer)
				id, _ := out["id"].(string)
				code, _ := out["code"].(string)
				if res.Code == http.StatusCreated {
					require.Equal(t, tc.path+"/"+id, res.Header().Get("Location"))
					require.Equal(t, 1., out["version"])
				}
				return res.Code, id, code
			}
			status, first, _ := post(tc.body, "k", "skald_s")
			require.Equal(t, http.StatusCreated, status)
			prefix := map[string]func(string) (version byte){
				"/v1/users":    func(s string) byte { u, err := user.IDPrefix.Parse(s); require.NoError(t, err); return u[6] >> 4 },
				"/v1/products": func(s string) byte { u, err := product.IDPrefix.Parse(s); require.NoError(t, err); return u[6] >> 4 },
			}[tc.path]
			require.EqualValues(t, 8, prefix(first), "a UUIDv8")

			for range 2 {
				status, again, _ := post(tc.body, "k", "skald_s")
				require.Equal(t, http.StatusCreated, status)
				require.Equal(t, first, again)
				status, _, code := post(tc.other, "k", "skald_s")
				require.Equal(t, http.StatusUnprocessableEntity, status)
				require.Equal(t, "idempotency_mismatch", code)
			}
			require.Equal(t, 1, len(w.users)+len(w.products))

			other := strings.Replace(tc.body, "ada@", "bob@", 1)
			for _, elsewhere := range []struct{ key, bearer string }{{"k", "skald_o"}, {"k2", "skald_s"}} {
				status, id, _ := post(other, elsewhere.key, elsewhere.bearer)
				require.Equal(t, http.StatusCreated, status)
				require.NotEqual(t, first, id)
				other = strings.Replace(tc.body, "ada@", "eve@", 1)
			}

			// Without a key each is new.
			res, _ := call(h, http.MethodPost, tc.path, strings.Replace(tc.body, "ada@", "dan@", 1))
			require.Equal(t, http.StatusCreated, res.Code)
			require.Equal(t, 4, len(w.users)+len(w.products))

			// What was changed since is another body.
			changed, _ := call(h, http.MethodPut, tc.path+"/"+first, tc.other, "If-Match", "*")
			require.Equal(t, http.StatusOK, changed.Code)
			status, _, code := post(tc.body, "k", "skald_s")
			require.Equal(t, http.StatusUnprocessableEntity, status)
			require.Equal(t, "idempotency_mismatch", code)
		})
	}
}

// TestProductIsWholeOrNotThere: without its price nobody sees a product, and
// the request that comes again makes the one it meant.
func TestProductIsWholeOrNotThere(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	mine := product.IDPrefix.New()
	w.priceErr = fault.New(fault.Unavailable, "down", "Down.")
	for range 2 {
		res, _ := call(h, http.MethodPost, "/v1/products", productBody, "Idempotency-Key", "k")
		require.Equal(t, http.StatusServiceUnavailable, res.Code)
		res, _ = call(h, http.MethodPut, "/v1/products/"+mine, productBody)
		require.Equal(t, http.StatusServiceUnavailable, res.Code)
		require.Empty(t, w.products)
	}
	w.priceErr = nil
	for range 2 {
		res, out := call(h, http.MethodPost, "/v1/products", productBody, "Idempotency-Key", "k")
		require.Equal(t, http.StatusCreated, res.Code)
		require.Len(t, w.products, 1)
		id := out["id"].(string)
		require.Equal(t, money.New(1450, "EUR"), w.bases[id])
		w.bases[id] = money.New(1450, "EUR")
	}
	// What the catalogue does not take gets no price either.
	clear(w.bases)
	for _, path := range []string{"/v1/products/prd_none", "/v1/products/" + mine} {
		res, _ := call(h, http.MethodPut, path, strings.Replace(productBody, "Rune", `Rune\u0000`, 1))
		require.Equal(t, http.StatusUnprocessableEntity, res.Code)
		require.Empty(t, w.bases)
	}
}

// TestIDFields: a wrong id is named as the path names it.
func TestIDFields(t *testing.T) {
	t.Parallel()
	_, h := setup(t)
	for path, want := range map[string][2]string{"/v1/users/bad": {userBody, "user_id"}, "/v1/products/bad": {productBody, "product_id"}} {
		res, out := call(h, http.MethodPut, path, want[0])
		require.Equal(t, http.StatusUnprocessableEntity, res.Code)
		require.Equal(t, want[1], out["errors"].([]any)[0].(map[string]any)["field"])
	}
}
