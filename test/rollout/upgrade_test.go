package rollout_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
)

// The change that v2 makes to the saga: one that runs of v1 cannot follow.
const (
	changed = "../../workflows/place_order.go"
	before  = "{checkCustomer(), quoteOrder(), reserveStock()},"
	after   = "{checkCustomer(), quoteOrder()}, {reserveStock()},"
)

// overlay writes what makes v2 of the code, for go build's -overlay.
func overlay(t *testing.T, dir string) (file string) {
	t.Helper()
	original, err := filepath.Abs(changed)
	require.NoError(t, err)
	code, err := os.ReadFile(original)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(code), before), "%s no longer has what v2 changes", changed)
	v2 := filepath.Join(dir, "place_order.go")
	require.NoError(t, os.WriteFile(v2, []byte(strings.Replace(string(code), before, after, 1)), 0o600))
	raw, err := json.Marshal(map[string]any{"Replace": map[string]string{original: v2}})
	require.NoError(t, err)
	file = filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(file, raw, 0o600))
	return file
}

// TestRollWithoutVersions: what v2 changes would break open runs of v1, and the
// recorded ones tell.
func TestRollWithoutVersions(t *testing.T) {
	t.Parallel()
	const recorded = "TestReplay/testdata/histories/place_order/r1/confirmed.json"
	replay := func(flags ...string) (string, error) {
		args := append([]string{"test", "-count=1", "-v", "-run", "^TestReplay$"}, flags...)
		out, err := exec.Command("go", append(args, "../../workflows")...).CombinedOutput()
		return string(out), err
	}
	out, err := replay()
	require.NoError(t, err, out)
	require.Contains(t, out, "--- PASS: "+recorded)
	out, err = replay("-overlay", overlay(t, t.TempDir()))
	require.Error(t, err)
	require.Contains(t, out, "--- FAIL: "+recorded)
	require.Contains(t, out, "[TMPRL1100]", "the SDK's code for what is not deterministic")
}

// TestRoll: v1 → v2 → v1 under load, with customers who take their time across
// each step. Every order ends right, on the version that it began with.
func TestRoll(t *testing.T) {
	t.Parallel()
	r := newRollout(t)
	r.start("v1")
	r.await(`v1 current \d+ 1`)
	l := r.begin()
	slow1 := l.waiting("v1", 4)
	l.more(20)

	r.start("v2")
	r.await(`v2 inactive 0 1`)
	require.Equal(t, "v2 takes 50 % of new sagas\n", r.versions("ramp", "v2", "50"))
	r.await(`v2 ramping 50 % \d+ 1`)
	l.waiting("v2", 1)
	l.waiting("v1", 1)
	require.Equal(t, "v2 takes new sagas\n", r.versions("promote", "v2"))
	r.await(`v2 current \d+ 1`)
	slow2 := l.waiting("v2", 4)
	l.more(20)
	l.finish(slow1[0]) // v1 still has a worker

	// v1 goes too early: its runs wait, and that is seen.
	r.stop("v1")
	require.NoError(t, stack.Act(t.Context(), slow1[1], "complete"))
	r.await(`v1 draining [1-9]\d* 0`)
	require.Regexp(t, `(?m)^v1 .*STUCK`, r.versions("list"))
	out, err := r.command("ops", "versions", "drain", "v1")
	require.Error(t, err)
	require.Contains(t, out, "no workers")
	require.Equal(t, "awaiting_payment", r.Get(slow1[1].ID).Status)
	r.start("v1")
	r.Await(slow1[1].ID, "confirmed")
	l.finish(slow2[0])

	// Back again.
	r.versions("promote", "v1")
	r.await(`v1 current \d+ 1`)
	slow3 := l.waiting("v1", 2)
	require.Len(t, slow3, 2)
	l.finish(l.slow...)
	require.Contains(t, r.versions("drain", "v2"), "v2 has no open runs: its workers can go\n")
	r.stop("v2")
	l.more(20)
	l.stop()
	r.RequireInvariants()
	r.await(`v2 drained 0 \d`)
	l.requireSmooth()

	// Whoever goes back to workers without a version is not overruled by a start.
	r.versions("promote", "unversioned")
	r.stop("v1")
	r.start("v1")
	require.Eventually(t, func() bool { return strings.Contains(r.said("v1"), "another version takes new sagas") }, time.Minute, 50*time.Millisecond)
	require.NotRegexp(t, `(?m)^v1 +current`, r.versions("list"))
}

// await waits until the list of versions has a line of a version, its state, its
// open runs and its workers.
func (r *rollout) await(line string) {
	r.Helper()
	want := regexp.MustCompile("(?m)^" + strings.ReplaceAll(line, " ", " +") + `\b.*$`)
	var seen string
	require.Eventually(r, func() bool { seen = r.versions("list"); return want.MatchString(seen) }, 2*time.Minute, time.Second, "no %s", line)
	r.Logf("%s", want.FindString(seen))
}

func (r *rollout) versions(args ...string) string {
	r.Helper()
	out, err := r.command(append([]string{"ops", "versions"}, args...)...)
	require.NoError(r, err, out)
	return out
}
