package api

import (
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/pricing"
)

const (
	// recently is how old an answer of a service may be that stands in for one
	// that it does not give.
	recently = 5 * time.Second
	// recentProducts bounds of how many products answers are kept.
	recentProducts = 10_000
)

// recent is what inventory and pricing said of products a moment ago.
type recent struct {
	stock  *answers[inventory.Stock]
	prices *answers[pricing.Price]
}

func newRecent(now func() time.Time) *recent {
	return &recent{stock: newAnswers[inventory.Stock](now), prices: newAnswers[pricing.Price](now)}
}

// answers are the last ones about each product.
type answers[T any] struct {
	now  func() time.Time
	last *lru.Cache[string, dated[T]]
}

type dated[T any] struct {
	said T
	at   time.Time
}

func newAnswers[T any](now func() time.Time) *answers[T] {
	last, err := lru.New[string, dated[T]](recentProducts)
	if err != nil { // the size is a positive number
		panic(err)
	}
	return &answers[T]{now: now, last: last}
}

// or gives an answer and keeps it; where there is none, it gives what was said of
// the products a moment ago.
func (a *answers[T]) or(ids []string, said map[string]T, err error) map[string]T {
	if err == nil {
		for _, id := range ids {
			if one, ok := said[id]; ok {
				a.last.Add(id, dated[T]{one, a.now()})
			}
		}
		return said
	}
	said = map[string]T{}
	for _, id := range ids {
		if one, ok := a.last.Get(id); ok && a.now().Sub(one.at) <= recently {
			said[id] = one.said
		}
	}
	return said
}
