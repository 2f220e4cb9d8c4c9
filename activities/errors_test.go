package activities_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
)

// failing answers with an error.
type failing struct {
	payment.Service
	err error
}

func (f failing) CapturePayment(context.Context, payment.OrderRequest) (payment.Payment, error) {
	return payment.Payment{}, f.err
}

// TestErrors: what a saga is told of an error is its code, whether it is a
// definite answer, and what is safe to show.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, kind := range []fault.Kind{
		fault.Invalid, fault.NotFound, fault.Conflict, fault.Refused, fault.Unavailable, fault.Unknown, fault.Internal,
	} {
		told := fault.New(kind, "some_code", "Safe to show.").Because(errors.New("a secret"))
		requireTold(t, told, kind, "some_code")
		requireTold(t, fmt.Errorf("capture payment: %w", told), kind, "some_code")
	}
	requireTold(t, errors.New("a secret"), fault.Internal, "internal")
}

func requireTold(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	a := activities.NewPayment(failing{err: err})
	var suite testsuite.WorkflowTestSuite
	env := suite.NewTestActivityEnvironment()
	env.RegisterActivity(a)
	_, err = env.ExecuteActivity(a.CapturePayment, payment.OrderRequest{OrderID: "ord_1"})
	var app *temporal.ApplicationError
	require.ErrorAs(t, err, &app)
	require.Equal(t, code, app.Type(), kind)
	require.Equal(t, kind.Definite(), app.NonRetryable(), kind)
	require.NotContains(t, err.Error(), "a secret")
	var detail activities.Detail
	require.NoError(t, app.Details(&detail))
	require.Equal(t, kind, detail.Kind)
}
