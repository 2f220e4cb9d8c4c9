package broker_test

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/skaldhq/skald/internal/devstack/broker"
)

const (
	topic     = "orders"
	brokerDir = "BROKER_TEST_DIR"
)

func connect(t *testing.T, addr string, options ...kgo.Opt) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(append(options, kgo.SeedBrokers(addr))...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func createTopic(t *testing.T, addr string) {
	t.Helper()
	create := kmsg.NewPtrCreateTopicsRequest()
	wanted := kmsg.NewCreateTopicsRequestTopic()
	wanted.Topic, wanted.NumPartitions, wanted.ReplicationFactor = topic, -1, 1
	create.Topics = append(create.Topics, wanted)
	created, err := create.RequestWith(t.Context(), connect(t, addr))
	require.NoError(t, err)
	require.NoError(t, kerr.ErrorForCode(created.Topics[0].ErrorCode))
}

func produce(t *testing.T, addr string, values ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := connect(t, addr, kgo.DefaultProduceTopic(topic))
	for _, value := range values {
		record := &kgo.Record{Key: []byte("one order"), Value: []byte(value)}
		require.NoError(t, c.ProduceSync(ctx, record).FirstErr())
	}
}

// consume reads n records from the start.
func consume(t *testing.T, addr string, n int) (values []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := connect(t, addr, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	for len(values) < n {
		fetched := c.PollFetches(ctx)
		require.NoError(t, fetched.Err())
		fetched.EachRecord(func(r *kgo.Record) { values = append(values, string(r.Value)) })
	}
	return values
}

// TestRecordsSurvive: what was acknowledged is there after a stop and after
// kill -9, at whatever address the broker is then.
func TestRecordsSurvive(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kafka")
	addr, kill := serve(t, dir)
	createTopic(t, addr)
	produce(t, addr, "created", "confirmed")
	kill()

	b, err := broker.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	require.Equal(t, []string{"created", "confirmed"}, consume(t, b.Addr, 2))
	produce(t, b.Addr, "refunded")
	b.Close()

	b, err = broker.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(b.Close)
	require.Equal(t, []string{"created", "confirmed", "refunded"}, consume(t, b.Addr, 3))

	unknown := &kgo.Record{Topic: "never created", Value: []byte("x")}
	require.ErrorIs(t, connect(t, b.Addr, kgo.UnknownTopicRetries(0)).ProduceSync(t.Context(), unknown).FirstErr(), kerr.UnknownTopicOrPartition)

	_, err = broker.Start(t.TempDir(), b.Addr)
	require.ErrorContains(t, err, "start broker on "+b.Addr)
}

// serve runs a broker in a process of its own, which kill ends with SIGKILL.
func serve(t *testing.T, dir string) (addr string, kill func()) {
	t.Helper()
	process := exec.Command(os.Args[0], "-test.run=^TestBroker$")
	process.Env = append(os.Environ(), brokerDir+"="+dir)
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

// TestBroker is the broker of TestRecordsSurvive, in a process of its own.
func TestBroker(t *testing.T) {
	t.Parallel()
	dir := os.Getenv(brokerDir)
	if dir == "" {
		t.Skip("a part of TestRecordsSurvive")
	}
	b, err := broker.Start(dir, "127.0.0.1:0")
	require.NoError(t, err)
	_, _ = os.Stdout.WriteString(b.Addr + "\n")
	select {}
}
