package fuzz

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Report is what a run found.
type Report struct {
	Requests int
	Counts   map[string]map[Kind]map[int]int // by operation, kind and status
	Findings map[string]Finding              // by what is wrong
}

// Finding is something that is wrong, with the first request that showed it.
type Finding struct {
	Times   int
	Example string
}

// workers send at the same time.
const workers = 8

// Run sends n requests and judges every answer. told hears of the progress.
func (g Generator) Run(address string, n int, told func(done int)) *Report {
	report := &Report{Counts: map[string]map[Kind]map[int]int{}, Findings: map[string]Finding{}}
	var next atomic.Int64
	var mu sync.Mutex
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			client := &Client{Address: address}
			defer client.Close()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				r := g.Request(i)
				a, err := client.Send(r)
				if err == nil {
					err = g.Document.Check(r, a)
				}
				mu.Lock()
				report.add(r, a, err)
				told(report.Requests)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return report
}

// volatile is what differs between findings that are the same.
var volatile = regexp.MustCompile(`[0-9a-f]{16,}|[a-z]+_[0-9a-z]{26}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`)

func (p *Report) add(r Request, a Answer, err error) {
	p.Requests++
	kinds := p.Counts[r.Operation.ID]
	if kinds == nil {
		kinds = map[Kind]map[int]int{}
		p.Counts[r.Operation.ID] = kinds
	}
	if kinds[r.Kind] == nil {
		kinds[r.Kind] = map[int]int{}
	}
	kinds[r.Kind][a.Status]++
	if err != nil {
		what := r.Operation.ID + ": " + volatile.ReplaceAllString(strings.ReplaceAll(err.Error(), r.Canary, "CANARY"), "…")
		f := p.Findings[what]
		if f.Times++; f.Times == 1 {
			f.Example = r.String()
		}
		p.Findings[what] = f
	}
}

// Table is a line an operation and kind: how often each status was answered.
func (p *Report) Table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-24s %-8s %7s  %s\n", "operation", "kind", "sent", "status × answers")
	for _, op := range sorted(p.Counts) {
		for _, kind := range []Kind{Valid, Mutated, Hostile} {
			sent, statuses := 0, []string{}
			counts := p.Counts[op][kind]
			for _, status := range slices.Sorted(maps.Keys(counts)) {
				sent += counts[status]
				statuses = append(statuses, fmt.Sprintf("%d×%d", status, counts[status]))
			}
			fmt.Fprintf(&b, "%-24s %-8s %7d  %s\n", op, kind, sent, strings.Join(statuses, " "))
		}
	}
	return b.String()
}

// Vain names the operations that no valid request has got anywhere with: it was not
// even refused for how things stand (402, 409).
func (p *Report) Vain() (ids []string) {
	for _, id := range sorted(p.Counts) {
		got := false
		for status := range p.Counts[id][Valid] {
			got = got || status/100 == 2 || status == http.StatusPaymentRequired || status == http.StatusConflict
		}
		if !got {
			ids = append(ids, id)
		}
	}
	return ids
}

// Err tells what is wrong; nil: nothing is.
func (p *Report) Err() error {
	if len(p.Findings) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d findings\n", len(p.Findings))
	for _, what := range sorted(p.Findings) {
		f := p.Findings[what]
		fmt.Fprintf(&b, "%d times %s\n\tby %s\n", f.Times, what, f.Example)
	}
	return errors.New(b.String())
}
