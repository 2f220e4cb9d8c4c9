// Package paymenttest is what any implementation of payment.Service must pass.
package paymenttest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/payment"
)

// Bench is a service and the provider behind it.
type Bench struct {
	Service payment.Service
	// Impatient is the same, which stops waiting for a provider that hangs.
	Impatient payment.Service
	// Effects gives the provider's successful effects on an order, in order.
	Effects func(orderID string) []string
	// Booked gives the kinds of the ledger's transactions of an order, in order.
	Booked func(t *testing.T, orderID string) []string
	// Refunds gives the amounts that the provider refunded of an order, by the
	// refund's id; more than once fails the test.
	Refunds func(t *testing.T, orderID string) map[string]int64
	// BookedRefunds gives what the ledger says of the same.
	BookedRefunds func(t *testing.T, orderID string) map[string]int64
	// Fail makes the provider fail the next call of an operation in some way.
	Fail func(t *testing.T, operation, kind string)

	own bool // the payments are their own
}

// Run runs the suite; all tests share one bench, each with orders of its own.
func Run(t *testing.T, b Bench) {
	t.Helper()
	b.barrier(t)
	t.Run("reading", b.reading)
	t.Run("standings", b.standings)
	t.Run("claim", b.claim)
	t.Run("claims at once", b.claimsAtOnce)
	t.Run("action", b.action)
	t.Run("close", b.close)
	t.Run("left", b.left)
	t.Run("wishes", b.wishes)
	t.Run("of which kind", b.kinds)
}

// RunOwn holds payments of their own to the barrier that orders' payments have.
func RunOwn(t *testing.T, b Bench) {
	t.Helper()
	b.own = true
	b.barrier(t)
}

// barrier is what holds whatever a payment is of.
func (b Bench) barrier(t *testing.T) {
	t.Helper()
	t.Run("declined", b.declined)
	t.Run("mismatch", b.mismatch)
	t.Run("faults", b.faults)
	t.Run("processing", b.processing)
	t.Run("same operation at once", b.concurrent)
	t.Run("authorize races void", b.races)
	t.Run("refunds", b.refunds)
	t.Run("refund faults", b.refundFaults)
	t.Run("refunds at once", b.refundsAtOnce)
	t.Run("reversal", b.reversal)
}

// Request is a valid authorization of a new order.
func Request() payment.AuthorizeRequest {
	return payment.AuthorizeRequest{
		OrderID: payment.OrderIDPrefix.New(), UserID: payment.UserIDPrefix.New(), Amount: money.New(1999, "EUR"), Method: "pm_card_visa",
	}
}

// request is a valid authorization of what the bench's payments are of.
func (b Bench) request() payment.AuthorizeRequest {
	r := Request()
	if b.own {
		r.OrderID = payment.IDPrefix.New()
	}
	return r
}

func (b Bench) do(ctx context.Context, operation string, r payment.AuthorizeRequest) (payment.Payment, error) {
	o := payment.OrderRequest{OrderID: r.OrderID}
	switch operation {
	case "authorize":
		return b.Service.AuthorizePayment(ctx, r)
	case "void":
		return b.Service.VoidPayment(ctx, o)
	case "capture":
		return b.Service.CapturePayment(ctx, o)
	default:
		return b.Service.RefundPayment(ctx, payment.RefundRequest{OrderID: r.OrderID, RefundID: refundID(r)})
	}
}

// refundID is the id of the refund of all of an order.
func refundID(r payment.AuthorizeRequest) string {
	of, err := payment.ParseSubject(r.OrderID)
	if err != nil {
		panic(err)
	}
	return payment.RefundIDPrefix.Format(of.ID)
}

func (b Bench) declined(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds", "pm_card_nobodyKnows"} {
		r := b.request()
		r.Method = method
		for range 2 { // a retry never changes an outcome
			_, err := b.Service.AuthorizePayment(t.Context(), r)
			require.ErrorIs(t, err, payment.ErrDeclined)
		}
		p, err := b.do(t.Context(), "void", r)
		require.NoError(t, err)
		require.Equal(t, payment.Declined, p.Status)
		require.NotEmpty(t, p.DeclineCode)
		require.Empty(t, b.Effects(r.OrderID))
		require.Empty(t, b.Booked(t, r.OrderID))
	}
}

func (b Bench) mismatch(t *testing.T) {
	t.Parallel()
	r := b.request()
	_, err := b.Service.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)
	r.Amount.Amount++
	_, err = b.Service.AuthorizePayment(t.Context(), r)
	require.ErrorIs(t, err, payment.ErrMismatch)
	for field, spoil := range map[string]func(*payment.AuthorizeRequest){
		"order_id":        func(r *payment.AuthorizeRequest) { r.OrderID = "ord_x" },
		"user_id":         func(r *payment.AuthorizeRequest) { r.UserID = "" },
		"amount.currency": func(r *payment.AuthorizeRequest) { r.Amount.Currency = "euro" },
		"method":          func(r *payment.AuthorizeRequest) { r.Method = "" },
	} {
		r := b.request()
		spoil(&r)
		_, err := b.Service.AuthorizePayment(t.Context(), r)
		require.Equal(t, field, fault.From(err).Field)
	}
	r = b.request()
	r.Amount.Amount = 0
	_, err = b.Service.AuthorizePayment(t.Context(), r)
	require.ErrorIs(t, err, payment.ErrAmount)
}

// faults: whatever the provider does to one call, done again until there is an
// answer each operation has happened once.
func (b Bench) faults(t *testing.T) { // not parallel: a fault meets the next call of anyone
	b.Service = b.Impatient
	for _, sequence := range [][]string{{"authorize", "capture", "refund"}, {"authorize", "void"}} {
		for i, operation := range sequence {
			for _, kind := range []string{"error_before", "error_after", "hang_before", "hang_after", "late_effect"} {
				r := b.request()
				for j, step := range sequence {
					if i == j {
						b.Fail(t, operation, kind)
					}
					var err error
					require.Eventually(t, func() bool {
						_, err = b.do(t.Context(), step, r)
						return err == nil || fault.KindOf(err).Definite()
					}, 20*time.Second, 50*time.Millisecond, "%s after %s of %s", step, kind, operation)
					require.NoError(t, err, "%s after %s of %s", step, kind, operation)
				}
				require.Equal(t, sequence, b.Effects(r.OrderID), "%s of %s", kind, operation)
				require.Equal(t, sequence, b.Booked(t, r.OrderID), "%s of %s", kind, operation)
			}
		}
	}
}

// processing: while the provider works on an authorization there is neither a
// yes nor a no, the customer is not asked, and a void is not done.
func (b Bench) processing(t *testing.T) { // not parallel: see faults
	for _, then := range []string{"authorize", "void"} {
		r := b.request()
		b.Fail(t, "authorize", "processing")
		_, err := b.do(t.Context(), "authorize", r)
		require.Equal(t, fault.Unknown, fault.KindOf(err), err)
		_, err = b.do(t.Context(), then, r)
		require.Equal(t, fault.Unknown, fault.KindOf(err), err)
		want := []string{"authorize"}
		if then != "authorize" {
			want = append(want, then)
		}
		require.Eventually(t, func() bool { _, err = b.do(t.Context(), then, r); return err == nil }, 20*time.Second, 50*time.Millisecond, then)
		require.Equal(t, want, b.Effects(r.OrderID))
		require.Equal(t, want, b.Booked(t, r.OrderID))
	}
}

// concurrent: zombies of an operation do no harm.
func (b Bench) concurrent(t *testing.T) {
	t.Parallel()
	r := b.request()
	for _, operation := range []string{"authorize", "capture", "refund"} {
		var all errgroup.Group
		for range 8 {
			all.Go(func() error {
				_, err := b.do(t.Context(), operation, r)
				return open(err)
			})
		}
		require.NoError(t, all.Wait())
		_, err := b.do(t.Context(), operation, r)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"authorize", "capture", "refund"}, b.Effects(r.OrderID))
	require.Equal(t, []string{"authorize", "capture", "refund"}, b.Booked(t, r.OrderID))
}

// open drops an error that only says to try again.
func open(err error) error {
	if err != nil && !fault.KindOf(err).Definite() {
		return nil
	}
	return err
}

// races: a void that comes while an authorization runs leaves nothing held,
// whichever is faster.
func (b Bench) races(t *testing.T) {
	t.Parallel()
	for range 40 {
		r := b.request()
		var both errgroup.Group
		both.Go(func() error {
			_, err := b.do(t.Context(), "authorize", r)
			if errors.Is(err, payment.ErrVoided) {
				return nil
			}
			return open(err)
		})
		both.Go(func() error { _, err := b.do(t.Context(), "void", r); return open(err) })
		require.NoError(t, both.Wait())
		p, err := b.do(t.Context(), "void", r)
		require.NoError(t, err)
		require.Equal(t, payment.Voided, p.Status)
		_, err = b.do(t.Context(), "authorize", r)
		require.ErrorIs(t, err, payment.ErrVoided)
		effects := b.Effects(r.OrderID)
		if len(effects) > 0 {
			require.Equal(t, []string{"authorize", "void"}, effects)
		}
		require.Equal(t, effects, b.Booked(t, r.OrderID), fmt.Sprint(effects))
	}
}

func (b Bench) reading(t *testing.T) {
	t.Parallel()
	r := b.request()
	p, err := b.Service.AuthorizePayment(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, r.Amount, p.Amount)
	read, err := b.Service.Get(t.Context(), p.ID)
	require.NoError(t, err)
	require.Equal(t, p, read)
	page, err := b.Service.List(t.Context(), payment.Filter{OrderID: r.OrderID, Limit: 10})
	require.NoError(t, err)
	require.Equal(t, []payment.Payment{p}, page.Items)
	for _, limit := range []int{-1, 0} { // as small as a page can be
		page, err = b.Service.List(t.Context(), payment.Filter{OrderID: r.OrderID, Limit: limit})
		require.NoError(t, err)
		require.Equal(t, []payment.Payment{p}, page.Items)
		require.Empty(t, page.NextCursor)
	}
	for _, missing := range []string{"", "pay_x", payment.IDPrefix.New()} {
		_, err = b.Service.Get(t.Context(), missing)
		require.ErrorIs(t, err, payment.ErrNotFound)
	}
	_, err = b.Service.ReceiveWebhook(t.Context(), []byte("{}"), "t=1,v1=forged")
	require.ErrorIs(t, err, payment.ErrSignature)
}
