package checker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
)

// sagasAtOnce is how many runs are looked at side by side.
const sagasAtOnce = 16

// checkSagas: G1, G5, G6, G7 and C2, from the histories of all orders, payments and
// refunds.
func (b *books) checkSagas(ctx context.Context, c client.Client, secrets []string, v *Verdict) error {
	if err := b.checkRuns(ctx, c, v); err != nil {
		return err
	}
	ids := []string{}
	for id := range b.orders {
		ids = append(ids, "order/"+id)
	}
	for id := range b.refunds {
		if last := b.refunds[id]; last.Status != "refused" && !b.turnedBack("order/"+last.Order) {
			ids = append(ids, "refund/"+id)
		}
	}
	ids = append(ids, b.paymentRuns()...)
	var (
		mu   sync.Mutex
		all  errgroup.Group
		leak = newLeaks(secrets)
	)
	all.SetLimit(sagasAtOnce)
	for _, id := range ids {
		all.Go(func() error {
			// What is written down is so a moment before its run ends.
			err := again(ctx, func() error { return c.GetWorkflow(ctx, id, "").Get(ctx, nil) })
			var h History
			historyErr := again(ctx, func() (err error) {
				h, err = readHistory(ctx, c, id, leak)
				return err
			})
			if ctx.Err() != nil {
				return fmt.Errorf("look at %s: %w", id, errors.Join(err, historyErr))
			}
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				v.fail("G7", "%s: %v", id, err)
			case historyErr != nil:
				v.fail("G7", "%s has no history: %v", id, historyErr)
			default:
				b.checkSaga(h, v)
			}
			return nil
		})
	}
	return all.Wait()
}

// again asks until there is an answer: a server that is busy says nothing of what
// is judged.
func again(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		var late *serviceerror.DeadlineExceeded
		var away *serviceerror.Unavailable
		var busy *serviceerror.ResourceExhausted
		silent := errors.As(err, &late) || errors.As(err, &away) || errors.As(err, &busy) || errors.Is(err, context.DeadlineExceeded)
		if ctx.Err() != nil || !silent {
			return err
		}
	}
}

// visible is how long Temporal may take to list a run.
const visible = 15 * time.Second

// checkRuns: every order has a run, every run is of an order, a payment, a refund or a
// repair, and there is no second one unless the first was cut.
func (b *books) checkRuns(ctx context.Context, c client.Client, v *Verdict) error {
	for begun := time.Now(); ; {
		runs, err := listRuns(ctx, c)
		if err != nil {
			return err
		}
		missing := 0
		for id := range b.orders {
			if runs["order/"+id] == 0 {
				missing++
			}
		}
		if missing == 0 || time.Since(begun) > visible {
			b.judgeRuns(runs, v)
			return nil
		}
	}
}

// listRuns counts the runs of each workflow, but for the platform's own.
func listRuns(ctx context.Context, c client.Client) (map[string]int, error) {
	runs := map[string]int{}
	for token := []byte(nil); ; {
		var page *workflowservice.ListWorkflowExecutionsResponse
		err := again(ctx, func() (err error) {
			page, err = c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{PageSize: 200, NextPageToken: token})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("list workflows: %w", err)
		}
		for _, e := range page.Executions {
			if e.Type.Name != "Reconcile" && e.Type.Name != "DeliverWebhook" { // of no order, and no money
				runs[e.Execution.WorkflowId]++
			}
		}
		if token = page.NextPageToken; len(token) == 0 {
			return runs, nil
		}
	}
}

func (b *books) judgeRuns(runs map[string]int, v *Verdict) {
	b.rerun = map[string]bool{}
	for id := range b.orders {
		if runs["order/"+id] == 0 {
			v.fail("G1", "order %s has no saga", id)
		}
	}
	for id, n := range runs {
		kind, of, _ := strings.Cut(id, "/")
		_, order := b.orders[of]
		_, refund := b.refunds[of]
		_, payment := b.payments[of]
		known := map[string]bool{"order": order, "refund": refund, "repair": b.repairs[of], "payment": payment, "payment-refund": b.givingBack[of]}
		if !known[kind] {
			v.fail("G1", "workflow %s is of nothing", id)
		}
		if n == 1 {
			continue
		}
		b.rerun[id] = true
		if !b.cut {
			v.fail("G1", "workflow %s has %d runs", id, n)
		}
	}
}

// checkSaga judges one history.
func (b *books) checkSaga(h History, v *Verdict) {
	v.Histories = append(v.Histories, h)
	v.Events += h.Events
	for _, leak := range h.leaks {
		v.fail("C2", "the history of %s holds %s", h.WorkflowID, leak)
	}
	for _, cause := range h.failures {
		v.fail("G7", "a workflow task of %s failed: %s", h.WorkflowID, cause)
	}
	kind, id, _ := strings.Cut(h.WorkflowID, "/")
	switch kind {
	case "payment":
		b.payments[id].checkSaga(h, b, v)
		return
	case "payment-refund":
		if r := b.paid[id]; !h.says(`"` + r.Status + `"`) {
			v.fail("G7", "refund %s is %s, and its saga's result %s", id, r.Status, h.result)
		}
		return
	case "refund":
		if r := b.refunds[id]; !h.says(`"` + r.Status + `"`) {
			v.fail("G7", "refund %s is %s, and its saga's result %s", id, r.Status, h.result)
		}
		return
	}
	o := b.orders[id]
	result := func(status string) string { return fmt.Sprintf(`{"order_id":%q,"status":%q}`, id, status) }
	if !h.says(result(o.Status)) && (o.Status != "refunded" || !h.says(result("confirmed"))) { // the refund's saga came later
		v.fail("G7", "order %s is %s, and its saga's result %s", id, o.Status, h.result)
	}
	for name, want := range map[string]string{"OrderStatus": o.Status, "UserId": o.User, "SagaState": o.Saga} {
		got := h.attributes[name]
		if name == "OrderStatus" && want == "refunded" && got == "confirmed" {
			continue // the refund's saga came later
		}
		if got != want && !b.turnedBack(h.WorkflowID) {
			v.fail("G7", "order %s: its workflow has %s %q, the order %q", id, name, got, want)
		}
	}
	if forward := o.Saga == "completed"; forward != o.bought() && !b.turnedBack(h.WorkflowID) {
		v.fail("G7", "order %s is %s, and its saga %s", id, o.Status, o.Saga)
	}
	if !b.turnedBack(h.WorkflowID) && !b.rerun[h.WorkflowID] { // the newest run alone does not tell
		h.checkDirection(id, o.bought(), v)
	}
}

// checkDirection: G5, what possibly began was undone, the last first, and
// nothing begins after that; G6, after the pivot nothing is undone.
func (h History) checkDirection(id string, bought bool, v *Verdict) {
	begins := func(activity string) (first int64) {
		for _, s := range h.Steps {
			if s.Activity == activity && (first == 0 || s.begun < first) {
				first = s.begun
			}
		}
		return first
	}
	done := func(activity string) int64 {
		i := slices.IndexFunc(h.Steps, func(s Step) bool { return s.Activity == activity && s.Done })
		if i < 0 {
			return 0
		}
		return h.Steps[i].ended
	}
	void, release := begins("VoidPayment"), begins("ReleaseStock")
	if bought {
		if void+release > 0 {
			v.fail("G6", "order %s was bought, and its saga turned back", id)
		}
		if done("CapturePayment") == 0 || done("CommitStock") == 0 {
			v.fail("G7", "order %s was bought without taking the money or the units", id)
		}
		return
	}
	if done("CapturePayment") > 0 {
		v.fail("G6", "order %s: its saga turned back after the pivot", id)
	}
	if begins("ReserveStock") > 0 && done("ReleaseStock") == 0 {
		v.fail("G5", "order %s: its units may be held, and were not released", id)
	}
	if begins("AuthorizePayment") > 0 && (done("VoidPayment") == 0 || done("VoidPayment") > release) {
		v.fail("G5", "order %s: its hold was not given back before its units", id)
	}
	for _, s := range h.Steps {
		first := max(void, release)
		if void > 0 && release > 0 {
			first = min(void, release)
		}
		if first > 0 && s.begun > first && slices.Contains([]string{"ReserveStock", "AuthorizePayment", "CapturePayment", "CommitStock"}, s.Activity) {
			v.fail("G5", "order %s: %s began after a compensation", id, s.Activity)
		}
	}
}
