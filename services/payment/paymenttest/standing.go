package paymenttest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// standings: other tests make payments at the same time, so only those of this
// one are looked at.
func (b Bench) standings(t *testing.T) {
	made := map[string]string{} // order id → what was done
	want := map[string]payment.Standing{}
	begin := func(method string, status payment.Status, kept int64, undone bool, operations ...string) string {
		r := Request()
		r.Method = method
		for _, operation := range operations {
			_, err := b.do(t.Context(), operation, r)
			if status != payment.Declined {
				require.NoError(t, err)
			}
		}
		made[r.OrderID] = string(status)
		want[r.OrderID] = payment.Standing{OrderID: r.OrderID, Status: status, Kept: kept, Undone: undone}
		return r.OrderID
	}
	amount := Request().Amount.Amount
	held := begin("pm_card_visa", payment.Authorized, 0, false, "authorize")
	asked := begin("pm_card_authenticationRequired", payment.RequiresAction, 0, false, "authorize")
	taken := begin("pm_card_visa", payment.Captured, amount, false, "authorize", "capture")
	back := begin("pm_card_visa", payment.Refunded, 0, false, "authorize", "capture", "refund")
	begin("pm_card_visa", payment.Voided, 0, true, "authorize", "void")
	begin("pm_card_visa", payment.Voided, 0, true, "void")
	begin("pm_card_chargeDeclined", payment.Declined, 0, false, "authorize")

	ids := make([]string, 0, len(want))
	for id := range want {
		ids = append(ids, id)
	}
	found, err := b.Service.Standings(t.Context(), append(ids, payment.OrderIDPrefix.New(), "nonsense"))
	require.NoError(t, err)
	require.Len(t, found, len(want))
	for _, s := range found {
		page, err := b.Service.List(t.Context(), payment.Filter{OrderID: s.OrderID})
		require.NoError(t, err)
		require.Equal(t, page.Items[0].ID, s.PaymentID)
		s.PaymentID = ""
		require.Equal(t, want[s.OrderID], s)
	}
	part := payment.RefundRequest{OrderID: taken, RefundID: payment.RefundIDPrefix.New(), Amount: money.New(99, "EUR")}
	_, err = b.Service.RefundPayment(t.Context(), part)
	require.NoError(t, err)
	found, err = b.Service.Standings(t.Context(), slices.Repeat([]string{taken}, 2*payment.MaxSlice))
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, amount-99, found[0].Kept)

	for _, test := range []struct {
		list func(payment.Slice) (payment.OrderPage, error)
		want []string
	}{
		{func(in payment.Slice) (payment.OrderPage, error) { return b.Service.ListHolding(t.Context(), in) }, []string{asked, held}},
		{func(in payment.Slice) (payment.OrderPage, error) { return b.Service.ListTaken(t.Context(), in) }, []string{taken, back}},
	} {
		for _, limit := range []int{1, payment.MaxSlice} {
			var all []string
			in := payment.Slice{Limit: limit, Within: time.Hour}
			for pages := 0; pages == 0 || in.Cursor != ""; pages++ {
				page, err := test.list(in)
				require.NoError(t, err)
				require.LessOrEqual(t, len(page.OrderIDs), limit)
				for _, id := range page.OrderIDs {
					if made[id] != "" && !slices.Contains(all, id) {
						all = append(all, id)
					}
				}
				in.Cursor = page.NextCursor
			}
			require.Equal(t, test.want, all, "what changed last first")
		}
		young, err := test.list(payment.Slice{Age: time.Hour, Limit: 10})
		require.NoError(t, err)
		require.Empty(t, young.OrderIDs)
		_, err = test.list(payment.Slice{Cursor: "x"})
		require.Equal(t, "cursor", fault.From(err).Field)
	}
	lately, err := b.Service.ListTaken(t.Context(), payment.Slice{Within: time.Microsecond, Limit: 10})
	require.NoError(t, err)
	require.NotContains(t, lately.OrderIDs, back)
}
