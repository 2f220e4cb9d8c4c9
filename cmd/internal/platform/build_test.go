package platform

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/workers"
)

func TestBuildID(t *testing.T) {
	t.Parallel()
	for configured, want := range map[string]string{"v7": "v7", workers.Unversioned: "", "": ""} { // a test's binary is of no revision
		p := &Platform{config: config.Config{BuildID: configured}}
		require.Equal(t, want, p.buildID(), configured)
	}
	built := func(pairs ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{}
		for i := 0; i < len(pairs); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return info
	}
	require.Empty(t, revision(nil))
	require.Empty(t, revision(built("GOOS", "linux")))
	require.Equal(t, "abc", revision(built("vcs.revision", "abc", "vcs.modified", "false")))
	require.Empty(t, revision(built("vcs.revision", "abc", "vcs.modified", "true")), "two such builds may differ")
}
