package check_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// alert is a rule of alerts.yaml.
type alert struct {
	Alert, For  string
	Labels      labels
	Annotations struct {
		Runbook string `json:"runbook_url"`
	}
}

// told is how the runbook tells of an alert.
func (a alert) told() string {
	when := "at once"
	if a.For != "" {
		when = "after " + a.For
	}
	return "`" + a.Alert + "` (" + a.Labels["severity"] + " " + when + ")"
}

// TestRunbook: every signal that somebody can be called for has its section, every
// section says what it means, what to do, and when it is over, and every alert
// leads to one that names it. Rules and runbook agree on whom to wake, and when.
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
		sections[string(raw[at[2]:at[3]])] = strings.Join(strings.Fields(string(raw[at[1]:end])), " ")
	}
	pages := map[string]bool{}
	for _, a := range alerts(t) {
		_, section, _ := strings.Cut(a.Annotations.Runbook, "operations.md#")
		require.Contains(t, sections[section], a.told())
		pages[section] = pages[section] || a.Labels["severity"] == "page"
	}
	row := regexp.MustCompile(`(?m)^\| \[([a-z-]+)\]\(#[a-z-]+\) \|.*\| (yes|in working hours)\b.*\|$`)
	rows := row.FindAllStringSubmatch(string(raw), -1)
	require.Len(t, rows, len(pages))
	for _, signal := range rows {
		section := sections[signal[1]]
		for _, part := range []string{"**Alert**", "**Query**", "**It means**", "**The customer sees**", "**Look.**", "**Do.**", "**Wake somebody**", "**Over**"} {
			require.Contains(t, section, part, signal[1])
		}
		require.Contains(t, pages, signal[1], "no alert leads there")
		require.Equal(t, pages[signal[1]], signal[2] == "yes", signal[1])
		require.Equal(t, pages[signal[1]], strings.Contains(section, "**Wake somebody** at once"), signal[1])
		require.Equal(t, !pages[signal[1]], strings.Contains(section, "**Wake somebody** in working hours"), signal[1])
	}
}

func alerts(t *testing.T) (all []alert) {
	t.Helper()
	raw, err := os.ReadFile("../prometheus/alerts.yaml")
	require.NoError(t, err)
	var file struct {
		Groups []struct{ Rules []alert }
	}
	require.NoError(t, yaml.Unmarshal(raw, &file))
	for _, group := range file.Groups {
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}
