package temporaldev_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/internal/devstack/temporaldev"
)

const (
	queue     = "greetings"
	greeted   = "greeted" // an update
	leave     = "leave"   // a signal
	serverDir = "TEMPORALDEV_TEST_SERVER"
)

var (
	stage = temporal.NewSearchAttributeKeyKeyword("Stage")
	added = temporal.NewSearchAttributeKeyKeyword("AddedLater")
)

func greeting(_ context.Context, name string) (string, error) { return "Hello, " + name, nil }

// greet answers its update when its activity is done, and ends on a signal.
func greet(ctx workflow.Context, name string) (string, error) {
	var said string
	err := workflow.SetUpdateHandler(ctx, greeted, func(ctx workflow.Context) (string, error) {
		return said, workflow.Await(ctx, func() bool { return said != "" })
	})
	if err != nil {
		return "", err
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, stage.ValueSet("greeting")); err != nil {
		return "", err
	}
	activities := workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
	var answer string
	if err := workflow.ExecuteActivity(activities, greeting, name).Get(ctx, &answer); err != nil {
		return "", err
	}
	said = answer
	workflow.GetSignalChannel(ctx, leave).Receive(ctx, nil)
	return said, workflow.UpsertTypedSearchAttributes(ctx, added.ValueSet("yes"))
}

func start(ctx context.Context, dir string, attributes ...string) (*temporaldev.Server, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return temporaldev.Start(ctx, temporaldev.Options{Dir: dir, Addr: "127.0.0.1:0", Namespace: "default", SearchAttributes: attributes})
}

// work connects to a server and serves its task queue until the test ends.
func work(t *testing.T, addr string) client.Client {
	t.Helper()
	c, err := client.DialContext(t.Context(), client.Options{HostPort: addr, Namespace: "default", Logger: discard{}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	w := worker.New(c, queue, worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflow(greet)
	w.RegisterActivity(greeting)
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return c
}

// TestKilled: what a server has answered is there after kill -9, in a directory
// whose name a URI has to escape; attributes that came later are usable.
func TestKilled(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "50%41 #1?")
	addr, kill := serve(t, dir)
	c := work(t, addr)
	for range 3 { // an update with start joins what runs already
		require.Equal(t, "Hello, Ada", greetAda(t, c))
	}
	kill()

	s, err := start(t.Context(), dir, stage.GetName(), added.GetName())
	require.NoError(t, err)
	t.Cleanup(s.Stop)
	c = work(t, s.Addr)
	run, err := c.DescribeWorkflowExecution(t.Context(), "ada", "")
	require.NoError(t, err)
	require.Equal(t, enums.WORKFLOW_EXECUTION_STATUS_RUNNING, run.GetWorkflowExecutionInfo().GetStatus())
	require.NoError(t, c.SignalWorkflow(t.Context(), "ada", "", leave, nil))
	var said string
	soon, cancel := context.WithTimeout(t.Context(), 20*time.Second) // a server that looks for its dead self takes 40
	defer cancel()
	require.NoError(t, c.GetWorkflow(t.Context(), "ada", "").Get(soon, &said))
	require.Equal(t, "Hello, Ada", said)
	require.Eventually(t, func() bool {
		found, err := c.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: "default", Query: "Stage = 'greeting' AND AddedLater = 'yes' AND ExecutionStatus = 'Completed'",
		})
		return err == nil && found.GetCount() == 1
	}, 20*time.Second, 50*time.Millisecond)

	namespace, err := c.WorkflowService().DescribeNamespace(t.Context(), &workflowservice.DescribeNamespaceRequest{Namespace: "default"})
	require.NoError(t, err)
	require.GreaterOrEqual(t, namespace.GetConfig().GetWorkflowExecutionRetentionTtl().AsDuration(), 72*time.Hour)

	_, err = temporaldev.Start(t.Context(), temporaldev.Options{Dir: t.TempDir(), Addr: s.Addr, Namespace: "default"})
	require.ErrorContains(t, err, "--temporal-addr")
	requireUI(t, s)
}

func greetAda(t *testing.T, c client.Client) (said string) {
	t.Helper()
	begin := c.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
		ID: "ada", TaskQueue: queue, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, greet, "Ada")
	update, err := c.UpdateWithStartWorkflow(t.Context(), client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: begin,
		UpdateOptions:          client.UpdateWorkflowOptions{UpdateName: greeted, WaitForStage: client.WorkflowUpdateStageCompleted},
	})
	require.NoError(t, err)
	require.NoError(t, update.Get(t.Context(), &said))
	return said
}

// requireUI checks that the Web UI serves its page and reaches the server, and
// that it lets go of its address.
func requireUI(t *testing.T, s *temporaldev.Server) {
	t.Helper()
	ui, err := temporaldev.StartUI(t.Context(), "127.0.0.1:0", s, "")
	require.NoError(t, err)
	for _, path := range []string{"/", "/api/v1/namespaces/default"} {
		response, err := http.Get(ui.URL + path)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode, path)
	}
	addr := strings.TrimPrefix(ui.URL, "http://")
	_, err = temporaldev.StartUI(t.Context(), addr, s, "")
	require.ErrorContains(t, err, "--ui-addr")
	ui.Stop()
	listener, err := net.Listen("tcp", addr)
	require.NoError(t, err)
	require.NoError(t, listener.Close())
}

// serve runs a server in a process of its own, which kill ends with SIGKILL.
func serve(t *testing.T, dir string) (addr string, kill func()) {
	t.Helper()
	process := exec.Command(os.Args[0], "-test.run=^TestServer$")
	process.Env = append(os.Environ(), serverDir+"="+dir)
	out, err := process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, process.Start())
	kill = func() {
		_ = process.Process.Kill()
		_ = process.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line), kill
}

// TestServer is the server of TestKilled, in a process of its own.
func TestServer(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(serverDir)
	if dir == "" {
		t.Skip("a part of TestKilled")
	}
	s, err := start(t.Context(), dir, stage.GetName())
	require.NoError(t, err)
	_, _ = os.Stdout.WriteString(s.Addr + "\n")
	select {}
}

// discard keeps the SDK's words about a server that was killed on purpose.
type discard struct{}

func (discard) Debug(string, ...any) {}
func (discard) Info(string, ...any)  {}
func (discard) Warn(string, ...any)  {}
func (discard) Error(string, ...any) {}
