package chaos_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/skaldhq/skald/test/checker"
)

// coverage counts what each kind of fault struck: kind → step → times. A step
// was struck where it was under way at what the fault hit, while that lasted, and
// took another attempt, timed out, or longer than a second; a request of a client
// where it got no answer.
type coverage map[string]map[string]int

// serviceOf is whose step it is.
func serviceOf(step string) string {
	switch step {
	case "CheckCustomer":
		return "user"
	case "QuoteOrder":
		return "pricing"
	case "ReserveStock", "CommitStock", "ReleaseStock", "ReturnStock":
		return "inventory"
	case "AuthorizePayment", "CapturePayment", "VoidPayment", "RefundPayment":
		return "payment"
	default:
		return "order"
	}
}

// slow is what a step takes only where something keeps it.
const slow = time.Second

// aftermath is how long a fault that has ended may still be felt.
const aftermath = 500 * time.Millisecond

func cover(episodes []episode, histories []checker.History, refused map[string][]time.Time) coverage {
	c := coverage{}
	for _, e := range episodes {
		if c[e.Kind] == nil {
			c[e.Kind] = map[string]int{}
		}
		until := e.To.Add(aftermath)
		for _, h := range histories {
			if h.From.After(until) || h.To.Before(e.From) {
				continue
			}
			for _, s := range h.Steps {
				felt := s.Attempts > 1 || s.TimedOut || s.To.Sub(s.From) > slow
				if felt && slices.Contains(e.felt, serviceOf(s.Activity)) && s.From.Before(until) && s.To.After(e.From) {
					c[e.Kind][s.Activity]++
				}
			}
		}
		if !slices.Contains(e.felt, clients) {
			continue
		}
		for kind, times := range refused {
			for _, at := range times {
				if at.After(e.From) && at.Before(until) {
					c[e.Kind]["client: "+kind]++
				}
			}
		}
	}
	return c
}

// add adds what another run's faults struck.
func (c coverage) add(other coverage) {
	for kind, struck := range other {
		if c[kind] == nil {
			c[kind] = map[string]int{}
		}
		for step, n := range struck {
			c[kind][step] += n
		}
	}
}

// steps are all that were struck.
func (c coverage) steps() []string {
	all := map[string]bool{}
	for _, struck := range c {
		for step := range struck {
			all[step] = true
		}
	}
	return slices.Sorted(maps.Keys(all))
}

// kindsAt counts the kinds that struck a step.
func (c coverage) kindsAt(step string) (n int) {
	for _, struck := range c {
		if struck[step] > 0 {
			n++
		}
	}
	return n
}

// table is the matrix as Markdown.
func (c coverage) table() string {
	var text strings.Builder
	steps := c.steps()
	fmt.Fprintf(&text, "| fault | %s |\n| --- |%s\n", strings.Join(steps, " | "), strings.Repeat(" ---: |", len(steps)))
	for _, kind := range slices.Sorted(maps.Keys(c)) {
		fmt.Fprintf(&text, "| %s |", kind)
		for _, step := range steps {
			if n := c[kind][step]; n > 0 {
				fmt.Fprintf(&text, " %d |", n)
			} else {
				text.WriteString(" |")
			}
		}
		text.WriteString("\n")
	}
	return text.String()
}
