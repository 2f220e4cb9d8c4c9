package told_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/devstack/broker"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// brokerProcess is a broker in a process of its own.
type brokerProcess struct {
	*victim
	addr string
}

// What tells this test's binary to be a broker, and where.
const (
	brokerDir  = "SKALD_TEST_BROKER_DIR"
	brokerAddr = "SKALD_TEST_BROKER_ADDR"
)

// startBroker starts this test's binary as a broker.
func startBroker(t *testing.T) brokerProcess {
	t.Helper()
	p, dir, at := brokerProcess{addr: "127.0.0.1:0"}, t.TempDir(), ""
	p.victim = &victim{name: "broker", start: func() (kill func(), err error) {
		// The port of one that was killed may be another's for a while.
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-time.After(100 * time.Millisecond) {
			if kill, at, err = launchBroker(t, dir, p.addr); err == nil {
				return kill, nil
			}
		}
		return nil, err
	}}
	var err error
	p.kill, err = p.start()
	require.NoError(t, err)
	p.addr = at
	return p
}

// launchBroker starts a broker and waits until it says where it listens.
func launchBroker(t *testing.T, dir, addr string) (kill func(), at string, err error) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), brokerDir+"="+dir, brokerAddr+"="+addr)
	said, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if kill, err = stacktest.Launch(t, cmd); err != nil {
		return nil, "", err
	}
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		kill()
		return nil, "", fmt.Errorf("the broker does not listen on %s: %w", addr, err)
	}
	return kill, strings.TrimSpace(line), nil
}

// beBroker runs a broker until the process is told to stop, where it was started as one.
func beBroker() (code int, is bool) {
	dir := os.Getenv(brokerDir)
	if dir == "" {
		return 0, false
	}
	b, err := broker.Start(dir, os.Getenv(brokerAddr))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1, true
	}
	defer b.Close()
	fmt.Println(b.Addr)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	<-stop
	return 0, true
}
