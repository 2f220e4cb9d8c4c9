// Package permutation is the reference model of the participants: what the
// design and the service contracts promise of one order, whatever is asked in
// whatever sequence. It knows nothing of the project. Its tests run every
// sequence of operations against the model and against the real services.
package permutation

import (
	"fmt"
	"slices"
	"strings"
)

// A table is a participant's state machine. A cell is the state that an operation
// leads to, = where it stays, or the kind and code of a refusal. What was done or
// refused once is answered alike for good: so the answer is that of the operation
// done again. An operation without a column ("reserve-other") is its verb with
// another request. The first column keeps its request: the row "other" is the
// answer to another one, which only a refusal with ! comes before; and under
// refund it is the answer where more would go back than there is. Columns in
// capitals are what the database shows.

// Stock is an order of two units of each of its products, of which there are five.
const Stock = `
state    reserve                       reserve-more release                   commit                       expire  refund                         STATE    HELD SOLD
-        reserved                      rejected     undone                    conflict:not_reserved        =       conflict:stock_not_sold        none     0    0
reserved =                             .            undone                    sold                         expired unavailable:stock_not_sold_yet reserved 2    0
expired  =                             .            undone                    sold                         =       unavailable:stock_not_sold_yet expired  0    0
sold     =                             .            conflict:reservation_sold =                            =       =                              sold     0    2
rejected refused:insufficient_stock    .            =                         conflict:not_reserved        =       conflict:stock_not_sold        rejected 0    0
undone   refused:reservation_released  .            =                         refused:reservation_released =       conflict:stock_not_sold        undone   0    0
other    conflict:operation_mismatch   .            .                         .                            .       refused:return_too_many`

// Payment is an order of three. Whoever acts is the customer, at the provider.
const Payment = `
state      authorize                   authorize-declined authorize-asking act   void                      capture                         refund                        STATE           BOOKED            DONE
-          authorized                  declined           asking           =     voided                    conflict:payment_not_authorized conflict:payment_not_captured none            -                 -
asking     =                           .                  .                acted voided                    conflict:payment_not_authorized conflict:payment_not_captured requires_action -                 -
acted      authorized                  .                  .                =     released                  conflict:payment_not_authorized conflict:payment_not_captured requires_action -                 authorize
authorized =                           .                  .                =     released                  captured                        conflict:payment_not_captured authorized      authorize         authorize
captured   =                           .                  .                =     conflict:payment_captured =                               =                             captured        authorize+capture authorize+capture
declined   refused:payment_declined    .                  .                =     barred                    conflict:payment_not_authorized conflict:payment_not_captured declined        -                 -
barred     refused:payment_voided!     .                  .                =     =                         refused:payment_voided          conflict:payment_not_captured declined        -                 -
voided     refused:payment_voided!     .                  .                =     =                         refused:payment_voided          conflict:payment_not_captured voided          -                 -
released   refused:payment_voided!     .                  .                =     =                         refused:payment_voided          conflict:payment_not_captured voided          authorize+void    authorize+void
other      conflict:operation_mismatch .                  .                .     .                         .                               refused:refund_too_much`

// Order is an order of three units at the order service.
const Order = `
state            create                        await                       confirm                     reject                      fail                        refund                        leave                     SAGA
-                pending                       not_found:order_not_found   not_found:order_not_found   not_found:order_not_found   not_found:order_not_found   not_found:order_not_found     not_found:order_not_found none
pending          =                             awaiting_payment            confirmed                   rejected                    failed                      conflict:order_not_refundable =                         running
awaiting_payment =                             =                           confirmed                   rejected                    failed                      conflict:order_not_refundable =                         waiting
confirmed        =                             conflict:illegal_transition =                           conflict:illegal_transition conflict:illegal_transition =                             =                         completed
rejected         =                             conflict:illegal_transition conflict:illegal_transition =                           conflict:illegal_transition conflict:order_not_refundable =                         compensated
failed           =                             conflict:illegal_transition conflict:illegal_transition conflict:illegal_transition =                           conflict:order_not_refundable =                         compensated
refunded         =                             conflict:illegal_transition conflict:illegal_transition conflict:illegal_transition conflict:illegal_transition conflict:order_not_refundable =                         completed
other            conflict:idempotency_mismatch .                           .                           .                           .                           refused:refund_too_many`

// part is a refund. The order service finishes and undoes it; the others finish
// it at once.
const part = `
state     refund                      finish                     undo
-         requested                   not_found:refund_not_found tombstone
requested =                           done                       undone
done      =                           =                          conflict:refund_ended
refused   refused:too_much            conflict:refund_ended      =
undone    =                           conflict:refund_ended      =
tombstone refused:refund_undone!      conflict:refund_ended      =
other     conflict:operation_mismatch`

// cell is what a table says of an operation in a state.
func cell(table, state, op string) string {
	lines := strings.Split(strings.TrimSpace(table), "\n")
	head, verb := strings.Fields(lines[0]), strings.Split(op, "-")[0]
	at := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, max(state, "-")+" ") })
	row := strings.Fields(lines[at])
	if i := slices.Index(head, op); i > 0 && row[i] != "." {
		return row[i]
	}
	return row[slices.Index(head, verb)]
}

// Thing is what has a state: an order, or a refund of it.
type Thing struct {
	State, Asked string // empty: never seen; the request that is kept
	Past         string // the states so far
	Units        int    // of a refund
}

func (t *Thing) do(table, op string) (answer string) {
	keyed, next := strings.HasPrefix(op, strings.Fields(table)[1]), cell(table, t.State, op)
	if first, ok := strings.CutSuffix(next, "!"); ok {
		return first
	}
	if keyed && t.Asked != "" && t.Asked != op {
		return cell(table, "other", op)
	}
	if next != "=" && !strings.Contains(next, ":") {
		if t.move(next); keyed {
			t.Asked = op
		}
	}
	if again := cell(table, t.State, op); strings.Contains(again, ":") {
		return again
	}
	return ""
}

func (t *Thing) move(to string) { t.State, t.Past = to, strings.TrimSpace(t.Past+" "+to) }

// Model is one order at the participant that a table describes. It is a value.
type Model struct {
	Table string
	Thing
	Refunds [2]Thing
	Saga    string // as the order shows it, since its sequence number
	Seq     int
	Leaving bool // the customer wants out
}

// Do gives the model after an operation, and the answer: the kind and code of an
// error, empty for a yes. It runs what the table has; refund-part and, with the
// same id, refund-other; refund-rest with another id; of an order also finish-
// and undo- of these, mark-old, mark-new and leave.
func (m Model) Do(op string) (Model, string) {
	verb, what, _ := strings.Cut(op, "-")
	missing := m.Table == Order && m.State == ""
	switch {
	case missing && verb == "undo": // nothing can come
	case missing && (verb == "finish" || verb == "mark"):
		return m, cell(Order, "", "leave")
	case verb == "refund" || verb == "finish" || verb == "undo":
		return m, m.refund(verb, what)
	case verb == "mark":
		if seq := map[string]int{"old": 3, "new": 7}[what]; seq > m.Seq {
			m.Seq, m.Saga = seq, map[string]string{"old": "compensating", "new": "parked"}[what]
		}
	case verb == "leave" && !missing:
		m.Leaving = m.Leaving || slices.Contains([]string{"pending", "awaiting_payment", "confirmed"}, m.State)
	default:
		was := m.State
		if answer := m.do(m.Table, op); answer != "" || m.State == was || m.Table != Order {
			return m, answer
		}
		if m.Seq <= 5 { // a mark that is newer stays
			m.Saga, m.Seq = cell(Order, m.State, "SAGA"), map[bool]int{true: m.Seq, false: 5}[m.State == "pending"]
		}
	}
	return m, ""
}

func (m *Model) refund(verb, what string) string {
	all := map[string]int{Stock: 2, Payment: 3, Order: 3}[m.Table]
	refund, units, left := &m.Refunds[0], map[string]int{"part": 1, "other": 2}[what], all-m.returned()
	if what == "rest" {
		refund, units = &m.Refunds[1], left
	}
	if verb == "refund" && refund.State == "" {
		tooMany := units > left || left == 0
		switch no := cell(m.Table, m.State, "refund"); {
		case no != "=":
			return no
		case tooMany && m.Table == Stock: // as it will ever be: nothing is kept
			return cell(Stock, "other", "refund")
		case tooMany:
			refund.Asked, units = "refund-"+what, 0
			refund.move("refused")
		}
		refund.Units = units
	}
	answer := refund.do(part, verb+"-"+what)
	if m.Table != Order && answer == "" {
		refund.do(part, "finish")
	}
	if refund.State == "undone" {
		refund.Units = 0
	}
	if m.State == "confirmed" && verb == "finish" && m.returned() == all && !strings.Contains(m.Refunds[0].State+m.Refunds[1].State, "requested") {
		m.move("refunded")
	}
	return strings.Replace(answer, "refused:too_much", cell(m.Table, "other", "refund"), 1)
}

func (m Model) returned() int { return m.Refunds[0].Units + m.Refunds[1].Units }

// Done is what the provider did but for refunds.
func (m Model) Done() string { return strings.Trim(cell(m.Table, m.State, "DONE"), "-") }

// Rows is what the database shows.
func (m Model) Rows() string {
	back := fmt.Sprintf("back %s%d %s%d", m.Refunds[0].State, m.Refunds[0].Units, m.Refunds[1].State, m.Refunds[1].Units)
	shows := func(column string) string { return cell(m.Table, m.State, column) }
	switch m.Table {
	case Stock:
		return fmt.Sprintf("%s held %s sold %s %s", shows("STATE"), shows("HELD"), shows("SOLD"), back)
	case Payment:
		return fmt.Sprintf("%s booked %s %s", shows("STATE"), shows("BOOKED"), back)
	}
	return fmt.Sprintf("%s saga %s %d leaving %t %s", m.Past, m.Saga, m.Seq, m.Leaving, back)
}
