package rerun_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
)

// reversed is a saga that an operator turned back after the capture.
func reversed(t *testing.T, o order.Order, calls []call) []call {
	t.Helper()
	done, confirm := paid(t, calls)
	var end order.Transition // with the prices that the saga knows
	require.NoError(t, json.Unmarshal(confirm.arg, &end))
	end.To, end.SagaState, end.Failure = order.Failed, order.SagaCompensated, &order.Failure{Code: "reversed"}
	return append(append(done, undone(t, o)...), to(t, "TransitionOrder", end))
}

// reversedLate is one whose order was confirmed before: the steps run in parallel.
func reversedLate(t *testing.T, o order.Order, calls []call) []call {
	t.Helper()
	done, confirm := paid(t, calls)
	refund, err := order.ReversalID(o.ID)
	require.NoError(t, err)
	return append(append(append(done, confirm), undone(t, o)...),
		to(t, "RequestRefund", order.RefundRequest{OrderID: o.ID, RefundID: refund, Reason: "reversed", Caller: "operator"}),
		to(t, "FinishRefund", order.RefundEnd{OrderID: o.ID, RefundID: refund, Status: order.RefundDone}),
		to(t, "MarkSaga", order.Mark{OrderID: o.ID, SagaState: order.SagaCompensated, Seq: 2}),
	)
}

// paid is what a saga called up to its capture, and its confirmation of the order.
func paid(t *testing.T, calls []call) (done []call, confirm call) {
	t.Helper()
	captured := slices.IndexFunc(calls, func(c call) bool { return c.name == "CapturePayment" })
	require.Positive(t, captured)
	confirmed := slices.IndexFunc(calls, func(c call) bool { return c.name == "TransitionOrder" })
	require.Positive(t, confirmed)
	return slices.Clone(calls[:captured+1]), calls[confirmed]
}

// undone is what an operator's decision to turn back calls, but for the closing.
func undone(t *testing.T, o order.Order) []call {
	t.Helper()
	refund, err := order.ReversalID(o.ID)
	require.NoError(t, err)
	one := map[string]string{"order_id": o.ID}
	return []call{
		to(t, "RecordResolution", order.Resolution{
			WorkflowID: order.WorkflowID(o.ID), ID: "1", Step: "CommitStock", Action: "compensate", Reason: "broken", By: "operator",
			Before: order.SagaParked, After: order.SagaCompensating,
		}),
		to(t, "MarkSaga", order.Mark{OrderID: o.ID, SagaState: order.SagaCompensating, Seq: 1}),
		to(t, "VoidPayment", one), to(t, "RefundPayment", payment.RefundRequest{OrderID: o.ID, RefundID: refund}), to(t, "ReleaseStock", one),
	}
}

// to is a call of an activity.
func to(t *testing.T, name string, arg any) call {
	t.Helper()
	raw, err := json.Marshal(arg)
	require.NoError(t, err)
	return call{name: name, arg: raw}
}
