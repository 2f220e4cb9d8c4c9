package check_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// TestWorkflows: what others wrote is taken at a commit, which nobody can move, with
// its version beside it; nothing is published before it was reviewed, and by one job.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../.github/workflows/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	uses := regexp.MustCompile(`(?m)uses: (.*)$`)
	pinned := regexp.MustCompile(`^([a-z-]+/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\./\.github/workflows/[a-z]+\.yaml)$`)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, used := range uses.FindAllSubmatch(raw, -1) {
			require.Regexp(t, pinned, string(used[1]), file)
		}
		var w struct {
			Permissions map[string]string
			Jobs        map[string]struct {
				Needs       string
				Permissions map[string]string
			}
		}
		require.NoError(t, yaml.Unmarshal(raw, &w))
		require.Equal(t, map[string]string{"contents": "read"}, w.Permissions, file)
		for name, job := range w.Jobs {
			if job.Permissions != nil {
				require.Equal(t, "release.yaml image review", filepath.Base(file)+" "+name+" "+job.Needs)
			}
		}
	}
}
