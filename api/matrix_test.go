package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/api/auth/authtest"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/user"
)

// operationOf is what the document says of an operation.
type operationOf struct {
	method, path string
	Security     []map[string][]string `json:"security"`
	Roles        []user.Role           `json:"x-roles"`
}

// documented reads every operation from the document that the front door serves.
func documented(t *testing.T, h http.Handler) (all []operationOf) {
	t.Helper()
	res := httptest.NewRecorder()
	h.ServeHTTP(res, httptest.NewRequest(http.MethodGet, "/openapi.json", http.NoBody))
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(res.Body.Bytes(), &doc))
	for path, item := range doc.Paths {
		for method, raw := range item {
			op := operationOf{method: strings.ToUpper(method), path: path}
			require.NoError(t, json.Unmarshal(raw, &op))
			all = append(all, op)
		}
	}
	require.Greater(t, len(all), 30)
	return all
}

var parameter = regexp.MustCompile(`\{(\w+?)_id\}`)

// at fills the path's parameters with ids that end in n.
func (op operationOf) at(n string) string {
	return parameter.ReplaceAllStringFunc(op.path, func(p string) string {
		kind := parameter.FindStringSubmatch(p)[1]
		prefix := map[string]string{
			"order": "ord_", "user": "usr_", "product": "prd_", "payment": "pay_", "workflow": "order%2Ford_", "discrepancy": "dis_", "key": "key_", "dead_letter": "dlt_",
			"endpoint": "whe_", "delivery": "whd_",
		}[kind]
		return prefix + n
	})
}

// owned tells whether the path names what belongs to a user.
func (op operationOf) owned() bool {
	return slices.ContainsFunc([]string{"{order_id}", "{user_id}", "{payment_id}"}, func(p string) bool { return strings.Contains(op.path, p) })
}

// body is one that the operation takes, where it needs one to get as far as to
// what it names.
func (op operationOf) body() string {
	switch {
	case op.method == http.MethodGet || op.method == http.MethodDelete:
		return ""
	case op.path == "/v1/users/{user_id}":
		return userBody
	}
	return `{"reason":"for a test"}`
}

// TestMatrix: every operation of the document with every kind of credential.
func TestMatrix(t *testing.T) {
	t.Parallel()
	id := authtest.NewIssuer(t)
	stranger := authtest.NewIssuer(t)
	stranger.Rotate("other", false)
	w, h := setup(t, func(c *api.Config) {
		c.Auth = auth.By{Keys: holders{}, Tokens: auth.NewTokens(id.Config(), time.Now)}
	})
	w.users["usr_1"], w.users["usr_2"] = user.User{ID: "usr_1"}, user.User{ID: "usr_2"}
	w.order.Status, w.payment = order.Confirmed, payment.Payment{ID: "pay_1", OrderID: "ord_1", UserID: "usr_1"}

	claims := func(change ...any) map[string]any {
		c := id.Claims(user.IDPrefix.New())
		for i := 0; i < len(change); i += 2 {
			c[change[i].(string)] = change[i+1]
		}
		return c
	}
	nobody := map[string]string{
		"no credential": "", "malformed": "Bearer", "another scheme": "Basic c2thbGQ6c2thbGQ=", "a revoked key": "Bearer skald_revoked",
		"nonsense": "Bearer a.b.c", "expired": "Bearer " + id.Sign("one", claims("exp", time.Now().Add(-time.Hour).Unix())),
		"not yet valid":  "Bearer " + id.Sign("one", claims("nbf", time.Now().Add(time.Hour).Unix())),
		"wrong issuer":   "Bearer " + id.Sign("one", claims("iss", "https://other.example")),
		"wrong audience": "Bearer " + id.Sign("one", claims("aud", "another")),
		"alg none":       "Bearer " + id.Unsigned(claims()), "HS/RS confusion": "Bearer " + id.Confused(claims()),
		"unknown kid": "Bearer " + stranger.Sign("other", claims()), "another's key": "Bearer " + stranger.Sign("one", claims()),
	}
	somebody := map[string]user.Role{
		"Bearer skald_a": user.RoleCustomer, "Bearer skald_b": user.RoleCustomer, "Bearer skald_s": user.RoleService, "Bearer skald_o": user.RoleOperator,
		"Bearer " + id.Sign("one", claims("scope", "openid")):                           user.RoleCustomer,
		"Bearer " + id.Sign("one", claims("scope", "openid", "skald_role", "operator")): user.RoleOperator,
	}
	cells := 0
	for _, op := range documented(t, h) {
		ask := func(credential, n string) (int, string) {
			res, _ := call(h, op.method, op.at(n), op.body(), "Authorization", credential)
			cells++
			return res.Code, withoutTrace(res.Body.String())
		}
		denied := []int{http.StatusUnauthorized, http.StatusForbidden}
		if len(op.Security) == 0 { // everybody may
			for _, credential := range nobody {
				status, _ := ask(credential, "1")
				require.NotContains(t, denied, status, "%s %s", op.method, op.path)
			}
			continue
		}
		require.NotEmpty(t, op.Roles, "%s %s", op.method, op.path)
		for kind, credential := range nobody {
			status, said := ask(credential, "1")
			require.Equal(t, http.StatusUnauthorized, status, "%s %s with %s: %s", op.method, op.path, kind, said)
		}
		for credential, role := range somebody {
			status, said := ask(credential, "1")
			if !slices.Contains(op.Roles, role) {
				require.Equal(t, http.StatusForbidden, status, "%s %s by a %s: %s", op.method, op.path, role, said)
				continue
			}
			require.NotContains(t, denied, status, "%s %s by a %s: %s", op.method, op.path, role, said)
			if mine := role != user.RoleCustomer || credential == "Bearer skald_a"; op.owned() && !mine {
				missing, says := ask(credential, "9")
				require.Equal(t, http.StatusNotFound, status, "%s %s of another: %s", op.method, op.path, said)
				require.Equal(t, says, said)
				require.Equal(t, missing, status)
			}
		}
		status, said := ask("Bearer skald_r", "1") // a customer's, for one scope
		allowed := slices.Contains(op.Roles, user.RoleCustomer) && slices.Equal(op.Security[0]["key"], []string{"orders:read"})
		require.Equal(t, allowed, !slices.Contains(denied, status), "%s %s by a reader of orders: %s", op.method, op.path, said)
	}
	t.Logf("%d cells", cells)
}

// TestRouteWithoutRule: a route that declares nobody keeps the front door from
// starting, as the document's own rules do.
func TestRouteWithoutRule(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, api.UndeclaredRoute(), "GET /v1/forgotten does not say who may use it")
}
