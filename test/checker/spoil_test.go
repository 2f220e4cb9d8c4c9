package checker

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/history/v1"
)

const (
	bought   = "ord_bought"
	returned = "ord_returned"
	refused  = "ord_refused"
	taken    = "pay_taken"
	untaken  = "pay_untaken"
)

// world is a small platform at rest: an order that was bought, one that was
// bought and refunded, and one that was cancelled with its money held; a payment of
// its own that was taken, and in part refunded, and one that was not.
type world struct {
	*books
	clients   *Clients
	runs      map[string]int
	histories []History
}

func line(order, operation string, amount int64, metadata ...string) Line {
	m := map[string]string{"order_id": order, "user_id": "usr_1"}
	if len(metadata) > 0 {
		m["refund_id"] = metadata[0]
	}
	return Line{Operation: operation, Intent: "pi_" + order, Amount: amount, Currency: "EUR", Metadata: m, Outcome: "succeeded"}
}

// ownLine is a line about the payment that was taken.
func ownLine(operation string, amount int64, metadata ...string) Line {
	l := line("", operation, amount, metadata...)
	delete(l.Metadata, "order_id")
	l.Metadata["payment_id"] = taken
	return l
}

func sound() *world {
	total := Money{1000, "EUR"}
	return &world{
		books: &books{
			orders: map[string]order{
				bought:   {ID: bought, User: "usr_1", Status: "confirmed", Saga: "completed", Total: total, Keys: 1},
				returned: {ID: returned, User: "usr_1", Status: "refunded", Saga: "completed", Total: total, CancelRequested: true, Keys: 1},
				refused:  {ID: refused, User: "usr_1", Status: "cancelled", Saga: "compensated", Code: "cancelled", Total: total, CancelRequested: true, Keys: 1},
			},
			refunds: map[string]refund{
				"rfd_part": {"rfd_part", bought, "done", 400}, "rfd_all": {"rfd_all", returned, "done", 1000},
			},
			paid: map[string]refund{
				"rfd_part": {"rfd_part", bought, "done", 400}, "rfd_all": {"rfd_all", returned, "done", 1000},
				"rfd_own": {"rfd_own", taken, "done", 300},
			},
			keys: map[string][]string{"k1": {bought}, "k2": {returned}, "k3": {refused}},
			log: []Line{
				line(bought, "create", 1000), line(bought, "authorize", 1000), line(bought, "capture", 1000), line(bought, "refund", 400, "rfd_part"),
				line(returned, "authorize", 1000), line(returned, "capture", 1000), line(returned, "refund", 1000, "rfd_all"),
				line(refused, "authorize", 1000), line(refused, "void", 1000),
				ownLine("authorize", 1000), ownLine("capture", 1000), ownLine("refund", 300, "rfd_own"),
			},
			payments: map[string]payment{
				taken:   {taken, "usr_1", "captured", "", total},
				untaken: {untaken, "usr_1", "voided", "user_inactive", total},
			},
			givingBack: map[string]bool{"rfd_own": true},
			ledger: []booking{
				{bought, "authorize", "", "EUR", 1000, 1}, {bought, "capture", "", "EUR", 1000, 1}, {bought, "refund", "rfd_part", "EUR", 400, 1},
				{returned, "authorize", "", "EUR", 1000, 1}, {returned, "capture", "", "EUR", 1000, 1}, {returned, "refund", "rfd_all", "EUR", 1000, 1},
				{refused, "authorize", "", "EUR", 1000, 1}, {refused, "void", "", "EUR", 1000, 1},
				{taken, "authorize", "", "EUR", 1000, 1}, {taken, "capture", "", "EUR", 1000, 1}, {taken, "refund", "rfd_own", "EUR", 300, 1},
			},
			reservations: []reservation{{bought, "sold"}, {returned, "sold"}, {refused, "released"}},
			events: []event{
				{bought, "order.created", 1}, {bought, "order.confirmed", 2},
				{refused, "order.created", 1}, {refused, "order.awaiting_payment", 2}, {refused, "order.cancelled", 3},
				{returned, "order.created", 1}, {returned, "order.confirmed", 2}, {returned, "order.refunded", 3},
				{"rfd_all", "refund.requested", 1}, {"rfd_all", "refund.done", 2},
				{"rfd_part", "refund.requested", 1}, {"rfd_part", "refund.done", 2},
			},
			items: map[string][]orderLine{
				bought: {{Item{"prd_1", 2}, 500, 1000}}, returned: {{Item{"prd_1", 1}, 500, 500}, {Item{"prd_1", 1}, 500, 500}}, refused: {{Item{"prd_1", 2}, 500, 1000}},
			},
			sold:      unitsOf{bought: {"prd_1": 2}, returned: {"prd_1": 2}},
			givenBack: unitsOf{"rfd_part": {"prd_1": 1}, "rfd_all": {"prd_1": 2}},
			returned:  unitsOf{"rfd_part": {"prd_1": 1}, "rfd_all": {"prd_1": 2}},
			initial:   map[string]int64{"prd_1": 10}, decided: map[string][]string{},
		},
		clients: &Clients{stock: map[string]int64{"prd_1": 10}, sent: sent{
			prices:  map[string]Money{"prd_1": {500, "EUR"}},
			refunds: map[string]map[string]bool{bought: {"r1": true, "r2": true}},
			orders: map[string]asked{
				"k1": {"usr_1", []Item{{"prd_1", 2}}}, "k2": {"usr_1", []Item{{"prd_1", 1}, {"prd_1", 1}}}, "k3": {"usr_1", []Item{{"prd_1", 2}}}, "k4": {},
			},
		}, told: []Told{
			{Kind: Placed, Key: "k1", Status: 201, OrderID: bought, OrderStatus: "confirmed", Version: 2},
			{Kind: Placed, Key: "k1", Status: 422, Code: "idempotency_mismatch", OtherBody: true},
			{Kind: Placed, Key: "k2", Status: 202, OrderID: returned, OrderStatus: "pending", Version: 1},
			{Kind: Placed, Key: "k3", Status: 409, Code: "cancelled", OrderID: refused},
			{Kind: Placed, Key: "k4", Status: 422, Code: "invalid"},
			{Kind: Seen, Status: 200, OrderID: refused, OrderStatus: "awaiting_payment", Version: 2},
			{Kind: Cancelled, Status: 202, OrderID: returned}, {Kind: Cancelled, Status: 202, OrderID: refused},
			{Kind: Refunded, Key: "r1", Status: 202, OrderID: bought, RefundID: "rfd_part"},
			{Kind: Refunded, Key: "r2", Status: 409, Code: "refund_too_many", OrderID: bought},
		}},
		runs: map[string]int{"order/" + bought: 1, "order/" + returned: 1, "order/" + refused: 1, "refund/rfd_part": 1, "refund/rfd_all": 1,
			"payment/" + taken: 1, "payment/" + untaken: 1, "payment-refund/rfd_own": 1},
		histories: []History{
			forward(bought, "confirmed"), forward(returned, "confirmed"), backward(),
			{WorkflowID: "refund/rfd_part", result: `"done"`}, {WorkflowID: "refund/rfd_all", result: `"done"`},
			payment{ID: taken, Status: "captured"}.saga("CheckCustomer", "AuthorizePayment", "CapturePayment"),
			payment{ID: untaken, Status: "voided"}.saga("CheckCustomer", "ClosePayment"), {WorkflowID: "payment-refund/rfd_own", result: `"done"`},
		},
	}
}

func saga(id, status, state string, activities ...string) History {
	h := History{
		WorkflowID: "order/" + id, result: `{"order_id":"` + id + `","status":"` + status + `"}`,
		attributes: map[string]string{"OrderStatus": status, "UserId": "usr_1", "SagaState": state},
	}
	for i, name := range activities {
		h.Steps = append(h.Steps, Step{Activity: name, Done: true, begun: int64(10*i + 1), ended: int64(10*i + 5)})
	}
	return h
}

func (p payment) saga(activities ...string) History {
	h := saga(p.ID, p.Status, "", activities...)
	h.WorkflowID, h.result = "payment/"+p.ID, `{"payment_id":"`+p.ID+`","status":"`+p.Status+`"}`
	return h
}

func forward(id, status string) History {
	return saga(id, status, "completed", "CheckCustomer", "QuoteOrder", "ReserveStock", "AuthorizePayment", "CapturePayment", "CommitStock")
}

func backward() History {
	return saga(refused, "cancelled", "compensated", "ReserveStock", "AuthorizePayment", "VoidPayment", "ReleaseStock")
}

func (w *world) judge() *Verdict {
	v := &Verdict{}
	w.books.judge(w.clients, v)
	w.judgeRuns(w.runs, v)
	for _, h := range w.histories {
		w.checkSaga(h, v)
	}
	return v
}

// change changes one order.
func (w *world) change(id string, do func(*order)) {
	o := w.orders[id]
	do(&o)
	w.orders[id] = o
}

// TestSpoiled: whatever is spoiled is found, under its invariant's name.
func TestSpoiled(t *testing.T) {
	t.Parallel()
	require.Empty(t, sound().judge().Broken)
	for name, tc := range map[string]struct {
		finds string
		spoil func(*world)
	}{
		"bought for another total":                {"M1", func(w *world) { w.change(bought, func(o *order) { o.Total.Amount++ }) }},
		"paid and not bought":                     {"M1", func(w *world) { w.change(bought, func(o *order) { o.Status = "failed" }) }},
		"refund not given":                        {"M1", func(w *world) { w.log = slices.Delete(w.log, 3, 4) }},
		"captured twice":                          {"M2", func(w *world) { w.log = append(w.log, line(bought, "capture", 1000)) }},
		"refunded twice":                          {"M2", func(w *world) { w.log = append(w.log, line(bought, "refund", 400, "rfd_part")) }},
		"refunded beyond the capture":             {"M2", func(w *world) { w.log = append(w.log, line(returned, "refund", 1, "rfd_more")) }},
		"voided and captured":                     {"M2", func(w *world) { w.log = append(w.log, line(bought, "void", 1000)) }},
		"charged nobody's order":                  {"M3", func(w *world) { w.log = append(w.log, line("ord_nobody", "authorize", 1000)) }},
		"charged another user":                    {"M3", func(w *world) { w.log[1].Metadata["user_id"] = "usr_2" }},
		"asked another amount":                    {"M3", func(w *world) { w.log[1].Amount, w.log[1].Outcome = 999, "declined" }},
		"charged another currency":                {"M3", func(w *world) { w.log[1].Currency = "USD" }},
		"refunded another amount":                 {"M3", func(w *world) { w.log[3].Amount = 399 }},
		"still held":                              {"M4", func(w *world) { w.log = slices.Delete(w.log, 8, 9) }},
		"bought and given back":                   {"M4", func(w *world) { w.log = append(w.log, line(bought, "void", 1000)) }},
		"taken and not paid":                      {"M1", func(w *world) { w.log = slices.Delete(w.log, 10, 11) }},
		"taken twice":                             {"M2", func(w *world) { w.log = append(w.log, ownLine("capture", 1000)) }},
		"charged nobody's payment":                {"M3", func(w *world) { delete(w.payments, taken) }},
		"another payer charged":                   {"M3", func(w *world) { w.log[9].Metadata["user_id"] = "usr_2" }},
		"own payment not booked":                  {"M5", func(w *world) { w.ledger = w.ledger[:len(w.ledger)-1] }},
		"another price than the shop's":           {"C3", func(w *world) { w.clients.sent.prices["prd_1"] = Money{499, "EUR"} }},
		"lines of another total":                  {"C3", func(w *world) { w.items[bought][0].Total-- }},
		"not booked":                              {"M5", func(w *world) { w.ledger = w.ledger[1:] }},
		"booked another amount":                   {"M5", func(w *world) { w.ledger[0].Amount++ }},
		"booked twice":                            {"M5", func(w *world) { w.ledger = append(w.ledger, w.ledger[0]) }},
		"booked what never was":                   {"M5", func(w *world) { w.ledger = append(w.ledger, booking{bought, "void", "", "EUR", 1000, 1}) }},
		"other stock than was given":              {"S1", func(w *world) { w.initial["prd_1"]-- }},
		"still reserved":                          {"S3", func(w *world) { w.reservations[2].State = "reserved" }},
		"sold to nobody":                          {"S3", func(w *world) { w.reservations[2].State = "sold" }},
		"bought and not sold":                     {"S3", func(w *world) { w.reservations[0].State = "released" }},
		"reserved for nobody":                     {"S3", func(w *world) { w.reservations[0].Order = "ord_nobody" }},
		"two reservations":                        {"S3", func(w *world) { w.reservations = append(w.reservations, w.reservations[0]) }},
		"sold fewer than ordered":                 {"S3", func(w *world) { w.sold[bought]["prd_1"] = 1 }},
		"returned fewer than given back":          {"S3", func(w *world) { w.returned["rfd_part"] = nil }},
		"returned with a refund that was refused": {"S3", func(w *world) { w.returned["rfd_no"] = units{"prd_1": 1} }},
		"an order that nobody sent":               {"G1", func(w *world) { delete(w.clients.sent.orders, "k1") }},
		"an order without a key":                  {"G1", func(w *world) { w.change(refused, func(o *order) { o.Keys = 0 }) }},
		"an order without a saga":                 {"G1", func(w *world) { delete(w.runs, "order/"+refused) }},
		"two refunds of a key":                    {"G1", func(w *world) { w.refunds["rfd_twice"] = refund{"rfd_twice", bought, "done", 0} }},
		"another's order":                         {"G2", func(w *world) { w.change(bought, func(o *order) { o.User = "usr_2" }) }},
		"other items than were sent":              {"G2", func(w *world) { w.items[refused][0].Quantity = 3 }},
		"two orders of a key":                     {"G1", func(w *world) { w.keys["k1"] = []string{bought, refused} }},
		"a key answered twice": {"G1", func(w *world) {
			w.clients.told = append(w.clients.told, Told{Kind: Placed, Key: "k1", Status: 201, OrderID: returned})
		}},
		"two keys of an order": {"G1", func(w *world) { w.change(bought, func(o *order) { o.Keys = 2 }) }},
		"a second saga":        {"G1", func(w *world) { w.runs["order/"+bought] = 2 }},
		"a repair of nothing":  {"G1", func(w *world) { w.runs["repair/rep_nobody"] = 1 }},
		"a saga of nothing":    {"G1", func(w *world) { w.runs["order/ord_nobody"] = 1 }},
		"a refund's key answered twice": {"G1", func(w *world) {
			w.clients.told = append(w.clients.told, Told{Kind: Refunded, Key: "r1", Status: 202, OrderID: returned, RefundID: "rfd_all"})
		}},
		"another body taken":      {"G2", func(w *world) { w.clients.told[1].Status, w.clients.told[1].Code = 202, "" }},
		"the same body refused":   {"G2", func(w *world) { w.clients.told[1].OtherBody = false }},
		"illegal transition":      {"G3", func(w *world) { w.events[4].Type = "order.refunded" }},
		"shown what it never was": {"G3", func(w *world) { w.clients.told[5].OrderStatus = "confirmed" }},
		"shown older than before": {"G3", func(w *world) {
			w.clients.told = append(w.clients.told, Told{Kind: Seen, Status: 200, OrderID: refused, OrderStatus: "pending", Version: 1})
		}},
		"hold not given back": {"G5", func(w *world) { w.histories[2].Steps[2].Done = false }},
		"units not released":  {"G5", func(w *world) { w.histories[2].Steps[3].Done = false }},
		"nobody waited for a step, and it is not undone": {"G5", func(w *world) {
			s := w.histories[2].Steps
			w.histories[2].Steps = []Step{s[0], {Activity: "AuthorizePayment", begun: 11}, s[3]}
		}},
		"undone in the wrong order": {"G5", func(w *world) {
			s := w.histories[2].Steps
			s[2].begun, s[2].ended, s[3].begun, s[3].ended = 31, 35, 21, 25
		}},
		"begun after a compensation":       {"G5", func(w *world) { w.histories[2].Steps[1].begun = 99 }},
		"charged after the void":           {"G5", func(w *world) { w.log = append(w.log, line(refused, "authorize", 1000)) }},
		"bought and turned back":           {"G6", func(w *world) { w.histories[0].Steps[0].Activity = "ReleaseStock" }},
		"turned back after the pivot":      {"G6", func(w *world) { w.histories[2].Steps[0].Activity = "CapturePayment" }},
		"the saga says something else":     {"G7", func(w *world) { w.histories[2].result = `{"order_id":"ord_refused","status":"failed"}` }},
		"the attributes say another thing": {"G7", func(w *world) { w.histories[0].attributes["SagaState"] = "running" }},
		"refunded, and the saga failed":    {"G7", func(w *world) { w.histories[1].result = `{"order_id":"ord_returned","status":"failed"}` }},
		"a workflow task failed":           {"G7", func(w *world) { w.histories[0].failures = []string{"NonDeterministicError"} }},
		"the refund's saga differs":        {"G7", func(w *world) { w.histories[3].result = `"refused"` }},
		"bought without taking the money":  {"G7", func(w *world) { w.histories[0].Steps[4].Done = false }},
		"bought, the saga went back":       {"G7", func(w *world) { w.change(bought, func(o *order) { o.Saga = "compensated" }) }},
		"answered and lost":                {"G8", func(w *world) { w.clients.told[2].OrderID = "ord_lost" }},
		"confirmed and not bought":         {"G8", func(w *world) { w.clients.told[3].Status = 201 }},
		"refused and bought":               {"G8", func(w *world) { w.clients.told[0].Status, w.clients.told[0].Code = 402, "payment_declined" }},
		"refused, with an effect":          {"G8", func(w *world) { w.keys["k4"] = []string{bought} }},
		"cancellation lost":                {"G8", func(w *world) { w.clients.told[6].OrderID = bought }},
		"cancellation not found":           {"G8", func(w *world) { w.clients.told[7].Status = 404 }},
		"seen no more":                     {"G8", func(w *world) { w.clients.told[5].Status = 404 }},
		"refund lost":                      {"G8", func(w *world) { w.clients.told[8].RefundID = "rfd_lost" }},
		"refund not done":                  {"G8", func(w *world) { w.refunds["rfd_part"] = refund{"rfd_part", bought, "requested", 400} }},
		"two events of a version":          {"E1", func(w *world) { w.events = slices.Insert(w.events, 1, w.events[0]) }},
		"no event of the ending":           {"E1", func(w *world) { w.events = slices.Delete(w.events, 1, 2) }},
		"events of nothing":                {"E1", func(w *world) { w.events = append(w.events, event{"ord_nobody", "order.created", 1}) }},
		"a payment's saga of nothing":      {"G1", func(w *world) { w.runs["payment/pay_nobody"] = 1 }},
		"a payment's second saga":          {"G1", func(w *world) { w.runs["payment/"+taken] = 2 }},
		"own hold not given back":          {"G5", func(w *world) { w.histories[6].Steps[0].Activity = "AuthorizePayment" }},
		"taken and turned back":            {"G6", func(w *world) { w.histories[5].Steps[0].Activity = "VoidPayment" }},
		"not taken, without a reason":      {"G7", func(w *world) { w.payments[untaken] = payment{untaken, "usr_1", "voided", "", Money{1000, "EUR"}} }},
		"the payment's saga differs":       {"G7", func(w *world) { w.histories[5].result = `{"payment_id":"pay_taken","status":"voided"}` }},
		"its refund's saga differs":        {"G7", func(w *world) { w.histories[7].result = `"failed"` }},
		"a secret in a history":            {"C2", func(w *world) { w.histories[0].leaks = []string{"one"} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := sound()
			tc.spoil(w)
			broken := w.judge().Broken
			require.True(t, slices.ContainsFunc(broken, func(b string) bool { return strings.HasPrefix(b, tc.finds+":") }), "%s is not in %q", tc.finds, broken)
		})
	}
}

// TestLeaks: what a history must not hold is found in any of its fields.
func TestLeaks(t *testing.T) {
	t.Parallel()
	for text, leaks := range map[string]bool{
		"alice@example.com": true, "sk_test_simulated": true, "whsec_abc": true, "pi_1_secret_2": true, "postgres://order:pw@h/order": true,
		"https://bank/3ds/pi_1": true, "hunter2": true, "4242 4242 4242 4242 exp": true,
		"ord_01k9m2v6y7e4p8s0t2w4x6z8ab": false, "pm_card_visa": false, "4711@host.example.com": true,
	} {
		e := &history.HistoryEvent{Attributes: &history.HistoryEvent_WorkflowExecutionStartedEventAttributes{
			WorkflowExecutionStartedEventAttributes: &history.WorkflowExecutionStartedEventAttributes{
				Input: &common.Payloads{Payloads: []*common.Payload{{Data: []byte(text)}}},
			},
		}}
		require.Equal(t, leaks, len(newLeaks([]string{"hunter2"}).in(e)) > 0, text)
	}
}
