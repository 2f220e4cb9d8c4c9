package images_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// requireStatic checks that a binary needs no loader and no library, and tells no
// path of the machine that built it.
func requireStatic(t *testing.T, file string) {
	t.Helper()
	if runtime.GOOS == "linux" {
		binary, err := elf.Open(file)
		require.NoError(t, err)
		defer func() { require.NoError(t, binary.Close()) }()
		for _, segment := range binary.Progs {
			require.NotEqual(t, elf.PT_INTERP, segment.Type, "it asks for a loader")
		}
		libraries, err := binary.ImportedLibraries()
		require.NoError(t, err)
		require.Empty(t, libraries)
	}
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	here, err := filepath.Abs(root)
	require.NoError(t, err)
	require.NotContains(t, string(raw), here+"/")
}

// TestBuildContext: what .dockerignore lets into the build is all that the images'
// commands are made of.
func TestBuildContext(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(root + "/.dockerignore")
	require.NoError(t, err)
	var let []string
	for line := range strings.SplitSeq(string(raw), "\n") {
		if path, ok := strings.CutPrefix(line, "!"); ok {
			_, err := os.Stat(filepath.Join(root, path))
			require.NoError(t, err)
			let = append(let, path)
		}
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", "./cmd/skald", "./cmd/psp")
	list.Dir = root
	out, err := list.Output()
	require.NoError(t, err)
	packages := strings.Fields(string(out))
	require.NotEmpty(t, packages)
	for _, path := range packages {
		top, _, _ := strings.Cut(strings.TrimPrefix(path, "github.com/skaldhq/skald/"), "/")
		require.Contains(t, let, top)
	}
}
