package pgcluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"

	embedded "github.com/fergusstrange/embedded-postgres"
)

// fetchedMajor is the major version of the programs that are fetched.
const fetchedMajor = "17"

// fetch downloads Postgres once for the machine's user.
func fetch(o *owner) (string, error) {
	cache := "/var/cache" // root's own cache is closed to whom Postgres runs as
	if o == nil {
		var err error
		if cache, err = os.UserCacheDir(); err != nil {
			return "", fmt.Errorf("find a place for Postgres's programs: %w", err)
		}
	}
	at := filepath.Join(cache, "skald", "postgresql-"+fetchedMajor)
	bin := filepath.Join(at, "bin")
	unlock, err := lock(at + ".lock")
	if err != nil {
		return "", fmt.Errorf("lock the place for Postgres's programs: %w", err)
	}
	defer unlock()
	if complete(bin) {
		return bin, nil
	}
	if err := extract(at); err != nil {
		return "", fmt.Errorf("there is no Postgres on this machine and none could be fetched: install it (Debian: apt-get install postgresql): %w", err)
	}
	return bin, nil
}

// extract leaves the programs at a path. The library has no call for that
// alone: it goes on to start a server, which the port 0 makes fail.
func extract(at string) error {
	scratch, err := os.MkdirTemp("", "skald-fetch-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	draft := at + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	probe := embedded.NewDatabase(embedded.DefaultConfig().Version(embedded.V17).Port(0).
		BinariesPath(draft).RuntimePath(filepath.Join(scratch, "run")).CachePath(filepath.Join(scratch, "download")).Logger(io.Discard))
	err = probe.Start()
	if err == nil {
		err = probe.Stop()
	}
	if !complete(filepath.Join(draft, "bin")) {
		return errors.Join(err, os.RemoveAll(draft))
	}
	return os.Rename(draft, at)
}

// lock keeps others off a path until unlocked. The kernel lets go of it when
// the process ends, however it ends.
func lock(path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // Postgres's user has to pass
		return nil, err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // our own
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil { //nolint:gosec // a file descriptor
		return nil, errors.Join(err, file.Close())
	}
	return func() { _ = file.Close() }, nil
}
