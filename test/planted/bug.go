package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// bug is a mistake somebody could make, and the test that must notice.
type bug struct {
	name      string
	invariant string // that it breaks
	file      string // in which it is planted, from the root of the module
	edits     []edit
	pkg       string // of the test
	test      string // its name, a subtest's with slashes
}

// edit replaces a text that stands in the file once.
type edit struct{ old, new string }

// planter runs tests in a module.
type planter struct {
	root string   // of the module
	dir  string   // for what is planted
	env  []string // of the tests
}

// plant runs the bug's test on the code with the bug in it. nil: the test failed,
// as it must.
func (p planter) plant(ctx context.Context, b bug) error {
	source, err := os.ReadFile(filepath.Join(p.root, b.file))
	if err != nil {
		return err
	}
	planted := string(source)
	for _, e := range b.edits {
		if n := strings.Count(planted, e.old); n != 1 {
			return fmt.Errorf("%s has this %d times, so the bug must be planted anew: %s", b.file, n, e.old)
		}
		planted = strings.Replace(planted, e.old, e.new, 1)
	}
	overlay, err := p.overlay(b.file, planted)
	if err != nil {
		return err
	}
	out, err := p.test(ctx, b.pkg, pattern(b.test), "-overlay", overlay)
	switch {
	case err == nil:
		return fmt.Errorf("nobody noticed:\n%s", out)
	case strings.Contains(out, "[build failed]"), strings.Contains(out, "[setup failed]"):
		return fmt.Errorf("it does not build: %w\n%s", err, out)
	case !strings.Contains(out, "--- FAIL: "+b.test+" "):
		return fmt.Errorf("%s did not notice: %w\n%s", b.test, err, out)
	}
	return nil
}

// overlay writes a file that is to be compiled in the place of another.
func (p planter) overlay(file, content string) (string, error) {
	planted, overlay := filepath.Join(p.dir, filepath.Base(file)), filepath.Join(p.dir, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(p.root, file): planted}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(os.WriteFile(planted, []byte(content), 0o600), os.WriteFile(overlay, replace, 0o600))
}

// pass runs the tests of a package that some bugs name, without any bug. nil: all
// passed.
func (p planter) pass(ctx context.Context, pkg string, bugs []bug) error {
	var tests []string
	for _, b := range bugs {
		if b.pkg == pkg {
			tests = append(tests, b.test)
		}
	}
	out, err := p.test(ctx, pkg, pattern(tests...))
	for _, test := range tests {
		if err == nil && !strings.Contains(out, "--- PASS: "+test+" ") {
			err = fmt.Errorf("there is no test %s", test)
		}
	}
	if err != nil {
		return fmt.Errorf("without a bug: %w\n%s", err, out)
	}
	return nil
}

func (p planter) test(ctx context.Context, pkg, pattern string, flags ...string) (string, error) {
	args := append([]string{"test", "-count=1", "-vet=off", "-v", "-timeout=5m", "-run", pattern}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, pkg)...)
	cmd.Dir, cmd.Env = p.root, append(os.Environ(), p.env...)
	out, err := cmd.CombinedOutput()
	return verdicts(string(out)), err
}

// verdicts are the lines of a test's output that tell how it went: all of it is
// too much where a bug hits many.
func verdicts(out string) string {
	var told []string
	for line := range strings.Lines(out) {
		if strings.Contains(line, "--- ") || strings.Contains(line, "failed]") || strings.HasPrefix(line, "panic:") {
			told = append(told, line)
		}
	}
	return strings.Join(told, "")
}

// pattern matches tests, and those between them where they have subtests.
func pattern(tests ...string) string {
	var levels [][]string
	for _, test := range tests {
		for i, part := range strings.Split(test, "/") {
			if i == len(levels) {
				levels = append(levels, nil)
			}
			levels[i] = append(levels[i], part)
		}
	}
	out := make([]string, len(levels))
	for i, parts := range levels {
		slices.Sort(parts)
		out[i] = "^(" + strings.Join(slices.Compact(parts), "|") + ")$"
	}
	return strings.Join(out, "/")
}

// packages are those of the bugs' tests.
func packages(bugs []bug) (all []string) {
	for _, b := range bugs {
		if !slices.Contains(all, b.pkg) {
			all = append(all, b.pkg)
		}
	}
	return all
}

// table lists bugs as Markdown.
func table(bugs []bug) string {
	var out strings.Builder
	out.WriteString("| planted bug | what it breaks | caught by |\n| --- | --- | --- |\n")
	for _, b := range bugs {
		_, _ = fmt.Fprintf(&out, "| %s | %s | `%s` `%s` |\n", b.name, b.invariant, strings.TrimPrefix(b.pkg, "./"), b.test)
	}
	return out.String()
}
