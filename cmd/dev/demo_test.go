package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDemoOfEarlierBuild: what a directory lacks that an earlier build made is made at
// the next start, and kept.
func TestDemoOfEarlierBuild(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, err := loadDemo(dir)
	require.NoError(t, err)
	first.WebhookKey = ""
	require.NoError(t, first.save(dir))

	next, err := loadDemo(dir)
	require.NoError(t, err)
	stack := devStack{options: options{WebhookRetries: webhookRetries()}, demo: next}
	require.NoError(t, stack.webhooks().Possible())
	again, err := loadDemo(dir)
	require.NoError(t, err)
	require.Equal(t, next, again)
	require.NotEmpty(t, again.WebhookKey)
	again.WebhookKey = ""
	require.Equal(t, first, again, "nothing else has changed")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "demo.json"), []byte("torn"), 0o600))
	_, err = loadDemo(dir)
	require.ErrorContains(t, err, "delete the directory")
}
