package paymentpg_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/paymenttest"
)

// scripted is a simulated provider, some of whose calls a test answers.
type scripted struct {
	payment.Provider
	create                   func(ctx context.Context, r payment.IntentRequest, key string) (payment.Intent, error)
	confirm, cancel, capture func(ctx context.Context, intentID, key string) (payment.Intent, error)
	get                      func(ctx context.Context, intentID string) (payment.Intent, error)
	refund                   func(ctx context.Context, r payment.ProviderRefundRequest, key string) (payment.ProviderRefund, error)
	find                     func(ctx context.Context, intentID, refundID string) (payment.ProviderRefund, bool, error)
}

func (s *scripted) RefundIntent(ctx context.Context, r payment.ProviderRefundRequest, key string) (payment.ProviderRefund, error) {
	if s.refund != nil {
		return s.refund(ctx, r, key)
	}
	return s.Provider.RefundIntent(ctx, r, key)
}

func (s *scripted) FindRefund(ctx context.Context, intentID, refundID string) (payment.ProviderRefund, bool, error) {
	if s.find != nil {
		return s.find(ctx, intentID, refundID)
	}
	return s.Provider.FindRefund(ctx, intentID, refundID)
}

func (s *scripted) CreateIntent(ctx context.Context, r payment.IntentRequest, key string) (payment.Intent, error) {
	if s.create != nil {
		return s.create(ctx, r, key)
	}
	return s.Provider.CreateIntent(ctx, r, key)
}

func (s *scripted) ConfirmIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	if s.confirm != nil {
		return s.confirm(ctx, intentID, key)
	}
	return s.Provider.ConfirmIntent(ctx, intentID, key)
}

func (s *scripted) CancelIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	if s.cancel != nil {
		return s.cancel(ctx, intentID, key)
	}
	return s.Provider.CancelIntent(ctx, intentID, key)
}

func (s *scripted) CaptureIntent(ctx context.Context, intentID, key string) (payment.Intent, error) {
	if s.capture != nil {
		return s.capture(ctx, intentID, key)
	}
	return s.Provider.CaptureIntent(ctx, intentID, key)
}

func (s *scripted) GetIntent(ctx context.Context, intentID string) (payment.Intent, error) {
	if s.get != nil {
		return s.get(ctx, intentID)
	}
	return s.Provider.GetIntent(ctx, intentID)
}

// shows makes the provider show the intent in a status that allows nothing.
func (s *scripted) shows(status payment.IntentStatus) {
	conflict := func(context.Context, string, string) (payment.Intent, error) {
		return payment.Intent{}, fault.New(fault.Conflict, "provider_state", "The payment's state does not allow this.")
	}
	s.confirm, s.cancel, s.capture = conflict, conflict, conflict
	s.get = func(_ context.Context, intentID string) (payment.Intent, error) {
		return payment.Intent{ID: intentID, Status: status}, nil
	}
}

// recovers ends the script.
func (s *scripted) recovers() { *s = scripted{Provider: s.Provider} }

type scriptedBench struct {
	*paymentpg.Store
	provider *scripted
	pool     *pgxpool.Pool
	server   *httptest.Server
}

func script(t *testing.T) *scriptedBench {
	t.Helper()
	provider, server := simulated(t)
	b := &scriptedBench{provider: &scripted{Provider: provider}, pool: cluster.Database(t, "payment"), server: server}
	b.Store = paymentpg.New(b.pool, b.provider)
	return b
}

// did requires that the provider did just this for an order, and that it is booked.
func (b *scriptedBench) did(t *testing.T, orderID string, want ...string) {
	t.Helper()
	require.Equal(t, want, effects(t, b.server, orderID))
	require.Equal(t, want, booked(t, b.pool, orderID))
}

// TestVoidIsDoneWhenNothingIsHeld: as long as the provider does not say that
// the intent has ended, the hold may live.
func TestVoidIsDoneWhenNothingIsHeld(t *testing.T) {
	t.Parallel()
	b := script(t)
	for _, status := range []payment.IntentStatus{
		payment.IntentProcessing, payment.IntentRequiresAction, payment.IntentAuthorized, payment.IntentCreated, payment.IntentDeclined,
	} {
		r := paymenttest.Request()
		order := payment.OrderRequest{OrderID: r.OrderID}
		_, err := b.AuthorizePayment(t.Context(), r)
		require.NoError(t, err)
		b.provider.shows(status)
		_, err = b.VoidPayment(t.Context(), order)
		require.Error(t, err, status)
		require.Equal(t, fault.Unknown, fault.KindOf(err), status)
		b.provider.recovers()
		_, err = b.VoidPayment(t.Context(), order)
		require.NoError(t, err, status)
		b.did(t, r.OrderID, "authorize", "void")
	}
}

// TestCaptureIsDefiniteWhenTheIntentEnded: only an intent that ended without
// the money is a no.
func TestCaptureIsDefiniteWhenTheIntentEnded(t *testing.T) {
	t.Parallel()
	b := script(t)
	for status, want := range map[payment.IntentStatus]fault.Kind{
		payment.IntentProcessing:     fault.Unknown,
		payment.IntentCreated:        fault.Unknown,
		payment.IntentRequiresAction: fault.Unknown,
		payment.IntentAuthorized:     fault.Unknown,
		payment.IntentCancelled:      fault.Conflict,
		payment.IntentDeclined:       fault.Conflict,
	} {
		r := paymenttest.Request()
		order := payment.OrderRequest{OrderID: r.OrderID}
		_, err := b.AuthorizePayment(t.Context(), r)
		require.NoError(t, err)
		b.provider.shows(status)
		_, err = b.CapturePayment(t.Context(), order)
		require.Error(t, err, status)
		require.Equal(t, want, fault.KindOf(err), "%s: %v", status, err)
		b.provider.recovers()
		if want == fault.Conflict {
			continue
		}
		_, err = b.CapturePayment(t.Context(), order)
		require.NoError(t, err, status)
		b.did(t, r.OrderID, "authorize", "capture")
	}
}

// TestProcessingAfterTheCustomerActed: the customer is not asked once more.
func TestProcessingAfterTheCustomerActed(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := paymenttest.Request()
	r.Method = "pm_card_authenticationRequired"
	asked, err := b.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, payment.RequiresAction, asked.Status)
	require.NotEmpty(t, asked.ActionURL)
	b.provider.shows(payment.IntentProcessing)
	_, err = b.AuthorizePayment(t.Context(), r)
	require.Error(t, err)
	require.Equal(t, fault.Unknown, fault.KindOf(err))
	b.provider.recovers()
	again, err := b.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, asked.ActionURL, again.ActionURL)
}

// TestRefusedConfirmationIsKept: also where the provider would take it later.
func TestRefusedConfirmationIsKept(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := paymenttest.Request()
	b.provider.confirm = func(context.Context, string, string) (payment.Intent, error) {
		return payment.Intent{}, fault.New(fault.Refused, "payment_method_invalid", "The provider does not know this payment method.")
	}
	for range 2 {
		_, err := b.AuthorizePayment(t.Context(), r)
		require.ErrorIs(t, err, payment.ErrDeclined)
		b.provider.recovers()
	}
	page, err := b.List(t.Context(), payment.Filter{OrderID: r.OrderID})
	require.NoError(t, err)
	require.Equal(t, payment.Declined, page.Items[0].Status)
	require.Equal(t, "payment_method_invalid", page.Items[0].DeclineCode)
	require.NotEmpty(t, page.Items[0].ProviderIntent)
	_, err = b.VoidPayment(t.Context(), payment.OrderRequest{OrderID: r.OrderID})
	require.NoError(t, err)
	b.did(t, r.OrderID)
}

// TestSlowCreateMeetsAFasterAttempt: a zombie whose intent is another one than
// the stored goes on with the stored, and never holds money by its own.
func TestSlowCreateMeetsAFasterAttempt(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := paymenttest.Request()
	var faster payment.Payment
	b.provider.create = func(ctx context.Context, ir payment.IntentRequest, key string) (payment.Intent, error) {
		b.provider.recovers()
		intent, err := b.provider.CreateIntent(ctx, ir, key+":slow")
		require.NoError(t, err)
		faster, err = b.AuthorizePayment(ctx, r)
		require.NoError(t, err)
		require.NotEqual(t, intent.ID, faster.ProviderIntent)
		return intent, nil
	}
	slow, err := b.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, faster.ProviderIntent, slow.ProviderIntent)
	read, err := b.Get(t.Context(), slow.ID)
	require.NoError(t, err)
	require.Equal(t, faster.ProviderIntent, read.ProviderIntent)
	b.did(t, r.OrderID, "authorize")
	_, err = b.VoidPayment(t.Context(), payment.OrderRequest{OrderID: r.OrderID})
	require.NoError(t, err)
	b.did(t, r.OrderID, "authorize", "void")
}

// TestLateDeclineOfAVoidedPayment: voided is permanent.
func TestLateDeclineOfAVoidedPayment(t *testing.T) {
	t.Parallel()
	b := script(t)
	r := paymenttest.Request()
	b.provider.confirm = func(ctx context.Context, intentID, _ string) (payment.Intent, error) {
		b.provider.recovers()
		_, err := b.VoidPayment(ctx, payment.OrderRequest{OrderID: r.OrderID})
		require.NoError(t, err)
		return payment.Intent{ID: intentID, Status: payment.IntentDeclined, DeclineCode: "generic_decline"}, nil
	}
	for range 2 {
		_, err := b.AuthorizePayment(t.Context(), r)
		require.ErrorIs(t, err, payment.ErrVoided)
	}
	b.did(t, r.OrderID)
}
