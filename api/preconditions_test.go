package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/user"
)

// TestPreconditions: nobody changes what they have not seen, nor creates what is
// there.
func TestPreconditions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ path, body, other, third string }{
		{"/v1/users/" + user.IDPrefix.New(), userBody, strings.Replace(userBody, "Ada", "Grace", 1), strings.Replace(userBody, "Ada", "Eve", 1)},
		{"/v1/products/" + product.IDPrefix.New(), productBody, strings.Replace(productBody, "dice", "die", 1), strings.Replace(productBody, "1450", "1451", 1)},
	} {
		_, h := setup(t)
		put := func(body string, status int, headers ...string) string {
			t.Helper()
			res, out := call(h, http.MethodPut, tc.path, body, headers...)
			require.Equal(t, status, res.Code, res.Body)
			if status >= http.StatusBadRequest {
				require.Equal(t, map[int]any{412: "precondition_failed", 428: "precondition_required"}[status], out["code"])
			}
			return res.Header().Get("ETag")
		}
		put(tc.body, 412, "If-Match", "*")
		put(tc.body, 412, "If-Match", `"1-f4240"`)
		first := put(tc.body, 201, "If-None-Match", "*")
		require.NotEmpty(t, first)
		put(tc.body, 412, "If-None-Match", "*")
		require.Equal(t, first, put(tc.body, 200), "the same again is no change")
		put(tc.other, 428)
		put(tc.other, 412, "If-None-Match", first)
		for _, stale := range []string{`"x"`, "W/" + first, strings.Replace(first, `"1-`, `"2-`, 1), "nonsense", strings.Trim(first, `"`)} {
			put(tc.other, 412, "If-Match", stale)
		}
		second := put(tc.other, 200, "If-Match", `"x", `+first)
		require.NotEqual(t, first, second)
		put(tc.third, 412, "If-Match", first)
		put(tc.third, 200, "If-Match", strings.TrimSuffix(second, `"`)+`-gzip"`)
		put(tc.body, 200, "If-Match", "*")

		res, _ := call(h, http.MethodDelete, tc.path, "", "If-Match", second)
		require.Equal(t, http.StatusPreconditionFailed, res.Code)
		res, _ = call(h, http.MethodGet, tc.path, "")
		require.Equal(t, http.StatusOK, res.Code)
	}
}

// TestProductTag: what other resources set shows in a product's tag, and is no
// reason to refuse a change of the product.
func TestProductTag(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	path := "/v1/products/" + product.IDPrefix.New()
	_, _ = call(h, http.MethodPut, path, productBody)
	get, _ := call(h, http.MethodGet, path, "")
	tag := get.Header().Get("ETag")
	res, _ := call(h, http.MethodGet, path, "", "If-None-Match", tag)
	require.Equal(t, http.StatusNotModified, res.Code)
	w.stockErr, w.priceErr = product.ErrNotFound, product.ErrNotFound
	res, _ = call(h, http.MethodGet, path, "", "If-None-Match", tag)
	require.Equal(t, http.StatusOK, res.Code)
	w.priceErr = nil
	res, _ = call(h, http.MethodPut, path, strings.Replace(productBody, "1450", "9", 1), "If-Match", tag)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, money.New(9, "EUR"), w.bases[strings.TrimPrefix(path, "/v1/products/")])

	id := strings.TrimPrefix(path, "/v1/products/")
	res, _ = call(h, http.MethodPut, "/v1/prices/"+id, `{"base_price":{"amount":7,"currency":"EUR"}}`)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, money.New(7, "EUR"), w.products[id].BasePrice, "the catalogue knows the base price too")
}

// TestPriceAndCatalogueAgree: whatever others do while a price is set, afterwards
// pricing says what the catalogue says, and nobody can order what is gone.
func TestPriceAndCatalogueAgree(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(h http.Handler, path, id string){
		"the product is put": func(h http.Handler, path, _ string) {
			_, _ = call(h, http.MethodPut, path, strings.Replace(productBody, "1450", "9", 1), "If-Match", "*")
		},
		"the product is put as it is": func(h http.Handler, path, _ string) { _, _ = call(h, http.MethodPut, path, productBody) },
		"the price is put": func(h http.Handler, _, id string) {
			_, _ = call(h, http.MethodPut, "/v1/prices/"+id, `{"base_price":{"amount":9,"currency":"EUR"}}`)
		},
		"the product is made anew by id": func(h http.Handler, path, _ string) {
			_, _ = call(h, http.MethodPut, path, productBody, "If-None-Match", "*")
		},
	} {
		w, h := setup(t)
		id := product.IDPrefix.New()
		path := "/v1/products/" + id
		if !strings.Contains(name, "anew") {
			_, _ = call(h, http.MethodPut, path, productBody)
		}
		w.meanwhile = func() { // somebody else changes the price, and is through with it
			p := w.products[id]
			p.ID, p.BasePrice, p.Version = id, money.New(20, "EUR"), p.Version+1
			w.products[id], w.bases[id] = p, p.BasePrice
			w.bases[id] = money.New(9, "EUR") // but this one's word came last
		}
		change(h, path, id)
		require.Nil(t, w.meanwhile, name)
		require.Equal(t, w.products[id].BasePrice, w.bases[id], name)

		w.meanwhile = func() { delete(w.products, id); delete(w.bases, id); w.bases[id] = money.New(9, "EUR") }
		change(h, path, id)
		if w.meanwhile == nil && !strings.Contains(name, "anew") {
			require.NotContains(t, w.bases, id, name)
		}
	}
}

// TestChangedMeanwhile: a change that another was faster than is tried again, and
// refused where it was bound to the state before.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	id := product.IDPrefix.New()
	path := "/v1/products/" + id
	made, _ := call(h, http.MethodPut, path, productBody)
	for match, want := range map[string]int{"*": http.StatusOK, made.Header().Get("ETag"): http.StatusPreconditionFailed} {
		p := w.products[id]
		w.products[id] = product.Product{ID: id, Name: p.Name, BasePrice: p.BasePrice, Version: p.Version + 1}
		res, _ := call(h, http.MethodPut, path, strings.Replace(productBody, "dice", strings.Trim(match, `"`), 1), "If-Match", match)
		require.Equal(t, want, res.Code, match)
	}
	tag := func() string { res, _ := call(h, http.MethodGet, path, ""); return res.Header().Get("ETag") }
	res, _ := call(h, http.MethodDelete, path, "", "If-Match", tag())
	require.Equal(t, http.StatusNoContent, res.Code)
	require.NotContains(t, w.bases, id)
}

// TestOwnUser: customers change themselves, but not whether they may order; nobody
// else's user is there for them.
func TestOwnUser(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	w.users["usr_1"] = user.User{ID: "usr_1", Email: "ada@example.com", Name: "Ada", Locale: "en", Status: user.Suspended, Version: 1}
	w.users["usr_2"] = user.User{ID: "usr_2", Version: 1}
	put := func(path, body string) (int, map[string]any) {
		res, out := call(h, http.MethodPut, path, body, "Authorization", "Bearer skald_a", "If-Match", "*")
		return res.Code, out
	}
	status, out := put("/v1/users/usr_1", strings.Replace(userBody, `"name"`, `"status":"active","name"`, 1))
	require.Equal(t, http.StatusForbidden, status)
	require.Equal(t, "status", out["errors"].([]any)[0].(map[string]any)["field"])
	require.Equal(t, user.Suspended, w.users["usr_1"].Status)
	for _, other := range []string{"usr_2", "usr_9"} {
		status, out = put("/v1/users/"+other, userBody)
		require.Equal(t, http.StatusNotFound, status)
		require.Equal(t, "user_not_found", out["code"])
	}
	delete(w.users, "usr_1")
	status, _ = put("/v1/users/usr_1", userBody)
	require.Equal(t, http.StatusNotFound, status, "a customer who is gone does not come back by themselves")
	require.Len(t, w.users, 1)
}
