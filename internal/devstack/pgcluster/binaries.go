package pgcluster

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// binaries finds the directory of Postgres's programs: on the PATH, where
// Debian and Homebrew put them, else fetched. Files that are there already can
// be served by the version that made them only.
func binaries(dataDir string, o *owner) (string, error) {
	made, err := os.ReadFile(filepath.Join(dataDir, "PG_VERSION")) //nolint:gosec // the operator's own directory
	version := ""
	if err == nil {
		version = strings.TrimSpace(string(made))
	}
	found := candidates()
	for _, bin := range found {
		if version == "" || major(bin) == version {
			return bin, nil
		}
	}
	if len(found) == 0 || version == fetchedMajor {
		return fetch(o)
	}
	return "", fmt.Errorf("the data in %s is of Postgres %s, which is not on this machine: install that version, or start with an empty directory", dataDir, version)
}

// candidates are the directories with Postgres's programs, best first.
func candidates() []string {
	var all []string
	if path, err := exec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(path); err == nil {
			all = append(all, filepath.Dir(resolved))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
	} {
		found, _ := filepath.Glob(pattern)                                                                // the patterns are well formed
		slices.SortFunc(found, func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(b, a)) }) // newest first: 10 before 9
		all = append(all, found...)
	}
	return slices.DeleteFunc(all, func(dir string) bool { return !complete(dir) })
}

func complete(dir string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(dir, program)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// major is the major version of the programs in a directory, such as 15; empty
// where they do not tell.
func major(bin string) string {
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output() //nolint:gosec,noctx // found by candidates; ends at once
	if err != nil {
		return ""
	}
	return string(bytes.TrimSpace(regexp.MustCompile(` \d+`).Find(out)))
}
