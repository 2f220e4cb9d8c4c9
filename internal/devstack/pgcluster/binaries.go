package pgcluster

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// binaries finds the directory of Postgres's programs: on the PATH, where
// Debian and Homebrew put them, else fetched.
func binaries(dir string, o *owner) (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if target, err := filepath.EvalSymlinks(path); err == nil && complete(filepath.Dir(target)) {
			return filepath.Dir(target), nil
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return "", err
		}
		slices.SortFunc(found, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(b, a)) }) // newest first: 10 after 9
		for _, candidate := range found {
			if complete(candidate) {
				return candidate, nil
			}
		}
	}
	return fetch(dir, o)
}

func complete(dir string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, program)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// fetch downloads Postgres once. The library has no call for only that, so it
// is made to start a server of its own, which is stopped at once; as root it
// could not, so there the programs have to be on the machine.
func fetch(dir string, o *owner) (string, error) {
	if o != nil {
		return "", errors.New("there is no Postgres on this machine: install it (Debian: apt-get install postgresql)")
	}
	at := filepath.Join(dir, "fetched")
	if bin := filepath.Join(at, "bin"); complete(bin) {
		return bin, nil
	}
	probe := embedded.NewDatabase(embedded.DefaultConfig().Port(0).BinariesPath(at).
		RuntimePath(filepath.Join(dir, "fetching")).Logger(io.Discard))
	if err := probe.Start(); err != nil && !complete(filepath.Join(at, "bin")) {
		return "", fmt.Errorf("there is no Postgres on this machine and none could be fetched (%w): install it (Debian: apt-get install postgresql)", err)
	}
	_ = probe.Stop()
	return filepath.Join(at, "bin"), nil
}
