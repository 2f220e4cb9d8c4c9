package api_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/order"
)

func (f fakeOrders) ListDiscrepancies(_ context.Context, r order.DiscrepancyFilter) (order.DiscrepancyPage, error) {
	return order.DiscrepancyPage{Items: []order.Discrepancy{{
		ID: "dis_" + string(r.State), Finding: order.Finding{Kind: order.PaymentWithoutOrder, OrderID: "ord_1"}, Repair: order.RepairOrder,
	}}, NextCursor: "more"}, f.refusal
}
func (f fakeOrders) RequestRepair(_ context.Context, r order.RepairRequest) (order.Discrepancy, error) {
	f.repairs = append(f.repairs, r)
	return order.Discrepancy{
		ID: r.DiscrepancyID, Finding: order.Finding{Kind: order.MoneyKept, OrderID: "ord_1"},
		Repairs: []order.Repair{{ID: r.RepairID, Reason: r.Reason, By: r.By}, {ID: "rep_newest", Reason: "x", By: "another"}},
	}, f.refusal
}
func (f fakeSagas) Repair(_ context.Context, r order.RepairPlan) error {
	f.repaired = append(f.repaired, r.ID+" "+r.OrderID+" "+string(r.Kind))
	return f.repairErr
}

func (f fakeOrders) AcceptDiscrepancy(_ context.Context, a order.Acceptance) (order.Discrepancy, error) {
	if f.refusal == nil {
		f.accepted = append(f.accepted, a)
	}
	return order.Discrepancy{ID: a.DiscrepancyID, Finding: order.Finding{OrderID: "ord_1"}, Resolution: order.ResolvedAccepted, Acceptance: &a}, f.refusal
}

const acceptance1 = "/v1/discrepancies/dis_1/acceptance"

const repairs1 = "/v1/discrepancies/dis_1/repairs"

// TestDiscrepanciesAreForOperators: nobody else sees them or has them repaired.
func TestDiscrepanciesAreForOperators(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for _, key := range []string{"skald_s", "skald_a"} {
		for _, r := range [][3]string{{http.MethodGet, "/v1/discrepancies", ""}, {http.MethodPost, repairs1, `{"reason":"x"}`}, {http.MethodPut, acceptance1, `{"reason":"x"}`}} {
			res, out := call(h, r[0], r[1], r[2], bearer(key)...)
			require.Equal(t, http.StatusForbidden, res.Code)
			require.Equal(t, "forbidden", out["code"])
		}
	}
	require.Empty(t, w.repairs)
	require.Empty(t, w.accepted)
	require.Empty(t, w.repaired)
}

func TestDiscrepancies(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	for query, id := range map[string]string{"": "dis_open", "?state=open": "dis_open", "?state=resolved": "dis_resolved"} {
		res, out := call(h, http.MethodGet, "/v1/discrepancies"+query, "", bearer(operatorKey)...)
		require.Equal(t, http.StatusOK, res.Code)
		item := out["items"].([]any)[0].(map[string]any)
		require.Equal(t, id, item["id"])
		require.Equal(t, "RepairOrder", item["repair"])
		require.Equal(t, "more", out["next_cursor"])
	}
	res, _ := call(h, http.MethodGet, "/v1/discrepancies?state=lost", "", bearer(operatorKey)...)
	require.Equal(t, http.StatusUnprocessableEntity, res.Code)

	key := append(bearer(operatorKey), "Idempotency-Key", "k1")
	for range 2 {
		res, out := call(h, http.MethodPost, repairs1, `{"reason":"the order was lost"}`, key...)
		require.Equal(t, http.StatusAccepted, res.Code)
		require.Equal(t, "/v1/sagas/repair/"+w.repairs[0].RepairID, res.Header().Get("Location"))
		require.Equal(t, "repair/"+w.repairs[0].RepairID, out["repairs"].([]any)[0].(map[string]any)["workflow_id"])
		require.Equal(t, "repair/"+w.repairs[0].RepairID, out["workflow_id"], "the one that was asked for, also where another is newer")
	}
	require.Equal(t, w.repairs[0], w.repairs[1], "the same key is the same repair")
	require.Equal(t, "operator", w.repairs[0].By)
	require.Equal(t, "the order was lost", w.repairs[0].Reason)
	require.Equal(t, []string{w.repairs[0].RepairID + " ord_1 money_kept", w.repairs[0].RepairID + " ord_1 money_kept"}, w.repaired)
	for _, body := range []string{`{}`, `{"reason":""}`, `{"reason":"x","by":"alice"}`} {
		res, _ := call(h, http.MethodPost, repairs1, body, key...)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code, body)
	}

	w.repaired, w.repairErr = nil, errors.New("away")
	res, _ = call(h, http.MethodPost, repairs1, `{"reason":"x"}`, key...)
	require.Equal(t, http.StatusServiceUnavailable, res.Code, "recorded and not started: the same request again starts it")
	w.repaired = nil
	for refusal, code := range map[error]int{
		order.ErrRepairReused: http.StatusUnprocessableEntity, order.ErrDiscrepancyResolved: http.StatusConflict, order.ErrDiscrepancyNotFound: http.StatusNotFound,
	} {
		w.refusal = refusal
		res, _ := call(h, http.MethodPost, repairs1, `{"reason":"x"}`, key...)
		require.Equal(t, code, res.Code, refusal)
	}
	require.Empty(t, w.repaired)
}

func TestAcceptDiscrepancy(t *testing.T) {
	t.Parallel()
	w, h := setup(t)
	res, out := call(h, http.MethodPut, acceptance1, `{"reason":"the parcel was lost"}`, bearer(operatorKey)...)
	require.Equal(t, http.StatusOK, res.Code)
	require.Equal(t, "accepted", out["resolution"])
	require.Equal(t, map[string]any{"reason": "the parcel was lost", "by": "operator"}, out["acceptance"])
	require.Equal(t, []order.Acceptance{{DiscrepancyID: "dis_1", Reason: "the parcel was lost", By: "operator"}}, w.accepted)
	for _, body := range []string{`{}`, `{"reason":""}`, `{"reason":"x","by":"alice"}`} {
		res, _ := call(h, http.MethodPut, acceptance1, body, bearer(operatorKey)...)
		require.Equal(t, http.StatusUnprocessableEntity, res.Code, body)
	}
	for refusal, code := range map[error]int{order.ErrDiscrepancyResolved: http.StatusConflict, order.ErrDiscrepancyNotFound: http.StatusNotFound} {
		w.refusal = refusal
		res, _ := call(h, http.MethodPut, acceptance1, `{"reason":"x"}`, bearer(operatorKey)...)
		require.Equal(t, code, res.Code, refusal)
	}
	require.Len(t, w.accepted, 1)
}
