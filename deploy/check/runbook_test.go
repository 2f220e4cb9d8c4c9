package check_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRunbook: every signal that somebody can be called for has its section, every
// section says what it means, what to do, and when it is over, and every alert
// leads to one that names it.
func TestRunbook(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	sections := map[string]string{}
	heads := regexp.MustCompile(`(?m)^## (.*)\n`)
	found := heads.FindAllSubmatchIndex(raw, -1)
	for i, at := range found {
		end := len(raw)
		if i+1 < len(found) {
			end = found[i+1][0]
		}
		sections[string(raw[at[2]:at[3]])] = string(raw[at[1]:end])
	}
	for _, signal := range []string{
		"parked-saga", "outbox-lag", "breaker-open", "provider-down", "discrepancy",
		"error-rate", "slow-orders", "consumer-lag", "dead-letters", "webhooks-late", "worker-down",
	} {
		for _, part := range []string{"**Alert**", "**Query**", "**It means**", "**The customer sees**", "**Look.**", "**Do.**", "**Wake somebody**", "**Over**"} {
			require.Contains(t, sections[signal], part, signal)
		}
	}
	rules, err := os.ReadFile("../prometheus/alerts.yaml")
	require.NoError(t, err)
	alerts := regexp.MustCompile(`(?s)- alert: (\w+).*?operations\.md#(\S+)`).FindAllStringSubmatch(string(rules), -1)
	require.NotEmpty(t, alerts)
	for _, alert := range alerts {
		require.Contains(t, sections[alert[2]], "`"+alert[1]+"`")
	}
}
