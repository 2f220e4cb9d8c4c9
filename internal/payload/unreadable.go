package payload

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/user"
)

// MetricNotOpened counts payloads of tasks that could not be opened, by the reason.
// What people only look at is not counted: nobody waits for that.
const MetricNotOpened = "skald_payloads_not_opened_total"

// Why a payload is not opened.
const (
	reasonErased     = "erased"      // with its user
	reasonUnknownKey = "unknown_key" // the platform's, of which this process was not told
	reasonNotFound   = "not_found"   // a user's, which the user service does not know
	reasonBroken     = "broken"      // it was changed, or is of another key by the same name
	reasonUnanswered = "unanswered"  // by the user service
)

func reasons() []string {
	return []string{reasonErased, reasonUnknownKey, reasonNotFound, reasonBroken, reasonUnanswered}
}

func countNotOpened(metrics prometheus.Registerer) *prometheus.CounterVec {
	counter := prometheus.NewCounterVec(prometheus.CounterOpts{Name: MetricNotOpened, Help: "Payloads of tasks that could not be opened."}, []string{"reason"})
	for _, reason := range reasons() {
		counter.WithLabelValues(reason)
	}
	metrics.MustRegister(counter)
	return counter
}

// count counts what was not opened, if it was not.
func (c *Codec) count(err error) {
	if err != nil {
		c.notOpened.WithLabelValues(reason(err)).Inc()
	}
}

func reason(err error) string {
	switch {
	case errors.Is(err, ErrErased):
		return reasonErased
	case errors.Is(err, errUnknownKey):
		return reasonUnknownKey
	case errors.Is(err, user.ErrPayloadKeyNotFound):
		return reasonNotFound
	case errors.Is(err, seal.ErrBroken):
		return reasonBroken
	default:
		return reasonUnanswered
	}
}

// unreadable tells of what cannot be opened with the keys that there are: whoever
// only looks is shown it as it is.
func unreadable(err error) bool {
	why := reason(err)
	return why == reasonUnknownKey || why == reasonNotFound || why == reasonBroken
}
