package stacktest

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/stretchr/testify/require"
)

// Metrics reads those of the front door's process.
func (b *Bench) Metrics() string {
	b.Helper()
	return string(b.Want(http.MethodGet, "/metrics", nil, http.StatusOK).Body)
}

// Metric reads one of them, by a regular expression of its name and labels.
func (b *Bench) Metric(name string) float64 {
	b.Helper()
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(b.Metrics())
	require.NotNil(b, found, "no metric %s", name)
	value, err := strconv.ParseFloat(found[1], 64)
	require.NoError(b, err)
	return value
}
