package platform

import (
	"runtime/debug"

	"github.com/skaldhq/skald/workers"
)

// buildID is the version of this process's workers; empty: they are unversioned.
func (p *Platform) buildID() string {
	switch p.config.BuildID {
	case workers.Unversioned:
		return ""
	case "":
		info, _ := debug.ReadBuildInfo()
		return revision(info)
	default:
		return p.config.BuildID
	}
}

// revision is what a build was made of; empty where nobody knows: it was built
// outside of a repository, or with changes that were not committed.
func revision(info *debug.BuildInfo) (id string) {
	if info == nil {
		return ""
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.modified" && s.Value == "true":
			return ""
		case s.Key == "vcs.revision":
			id = s.Value
		}
	}
	return id
}
