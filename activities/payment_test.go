package activities_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// payments answers every operation with the same payment.
type payments struct {
	payment.Service
	is payment.Payment
}

func (p payments) AuthorizePayment(context.Context, payment.AuthorizeRequest) (payment.Payment, error) {
	return p.is, nil
}

func (p payments) VoidPayment(context.Context, payment.OrderRequest) (payment.Payment, error) {
	return p.is, nil
}

func (p payments) ClosePayment(context.Context, payment.CloseRequest) (payment.Payment, error) {
	return p.is, nil
}

func (p payments) CapturePayment(context.Context, payment.OrderRequest) (payment.Payment, error) {
	return p.is, nil
}

// TestHistoriesKeepNoSecrets: what an activity returns is kept and shown, so it
// is what the saga needs of the payment and nothing else.
func TestHistoriesKeepNoSecrets(t *testing.T) {
	t.Parallel()
	a := activities.NewPayment(payments{is: payment.Payment{
		ID: "pay_1", OrderID: "ord_1", UserID: "usr_1", Amount: money.New(1999, "EUR"), Method: "pm_secret", Status: payment.RequiresAction,
		ProviderIntent: "pi_secret", ActionURL: "https://bank.test/?client_secret=pi_secret_1", DeclineCode: "none",
	}})
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(a)
	for name, run := range map[string]struct{ activity, request any }{
		"authorize": {a.AuthorizePayment, payment.AuthorizeRequest{OrderID: "ord_1"}},
		"void":      {a.VoidPayment, payment.OrderRequest{OrderID: "ord_1"}},
		"close":     {a.ClosePayment, payment.CloseRequest{PaymentID: "pay_1"}},
		"capture":   {a.CapturePayment, payment.OrderRequest{OrderID: "ord_1"}},
	} {
		value, err := env.ExecuteActivity(run.activity, run.request)
		require.NoError(t, err, name)
		var kept map[string]any
		require.NoError(t, value.Get(&kept), name)
		require.Equal(t, map[string]any{"id": "pay_1", "status": "requires_action"}, kept, name)
	}
}
