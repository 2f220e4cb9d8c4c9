package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlanted: each bug is noticed, by the test that has to, which passes without
// it. One at a time: they are measured in compilers and databases.
func TestPlanted(t *testing.T) {
	t.Parallel()
	p, stop, err := newPlanter(t.Context())
	require.NoError(t, err)
	t.Cleanup(stop)
	for _, pkg := range packages(bugs()) {
		t.Run("none in "+pkg, func(t *testing.T) { require.NoError(t, p.pass(t.Context(), pkg, bugs())) })
	}
	for _, b := range bugs() {
		t.Run(b.name, func(t *testing.T) { require.NoError(t, p.plant(t.Context(), b)) })
	}
}

// TestTable: docs/reliability.md lists what is planted here.
func TestTable(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../../docs/reliability.md")
	require.NoError(t, err)
	_, after, found := strings.Cut(string(doc), "<!-- planted:begin -->\n")
	require.True(t, found)
	listed, _, found := strings.Cut(after, "<!-- planted:end -->")
	require.True(t, found)
	require.Equal(t, table(bugs()), listed, "run make planted")
}
