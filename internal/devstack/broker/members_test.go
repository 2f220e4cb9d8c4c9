package broker_test

import (
	"errors"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/skaldhq/skald/internal/devstack/broker"
)

const (
	session   = 6 * time.Second // the shortest that brokers take
	rebalance = 5 * time.Second
	protocol  = "range"
	// noticed is enough for the broker to see that a connection is gone.
	noticed = 300 * time.Millisecond
	// groups are some: for one in two that it has seen to be gone, kfake begins a session.
	groups = 4
)

// member is one of a group, as bare as can be.
type member struct {
	*testing.T
	client     *kgo.Client
	group, id  string
	generation int32
}

// join asks for membership, and tells who leads how many members there are.
func (m *member) join() (int, error) {
	join := kmsg.NewPtrJoinGroupRequest()
	join.Group, join.ProtocolType, join.MemberID = m.group, "consumer", m.id
	join.SessionTimeoutMillis, join.RebalanceTimeoutMillis = int32(session.Milliseconds()), int32(rebalance.Milliseconds())
	join.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: protocol}}
	joined, err := join.RequestWith(m.Context(), m.client)
	if err != nil {
		return 0, err
	}
	m.id, m.generation = joined.MemberID, joined.Generation
	if err := kerr.ErrorForCode(joined.ErrorCode); errors.Is(err, kerr.MemberIDRequired) {
		return m.join()
	}
	return len(joined.Members), kerr.ErrorForCode(joined.ErrorCode)
}

// lead deals everything out.
func (m *member) lead() {
	m.Helper()
	sync := kmsg.NewPtrSyncGroupRequest()
	sync.Group, sync.MemberID, sync.Generation = m.group, m.id, m.generation
	sync.ProtocolType, sync.Protocol = kmsg.StringPtr("consumer"), kmsg.StringPtr(protocol)
	synced, err := sync.RequestWith(m.Context(), m.client)
	require.NoError(m, err)
	require.NoError(m, kerr.ErrorForCode(synced.ErrorCode))
}

// requireDealtAnew tells of itself until the group is dealt out anew.
func (m *member) requireDealtAnew() {
	m.Helper()
	require.Eventually(m, func() bool {
		beat := kmsg.NewPtrHeartbeatRequest()
		beat.Group, beat.MemberID, beat.Generation = m.group, m.id, m.generation
		told, err := beat.RequestWith(m.Context(), m.client)
		require.NoError(m, err)
		return errors.Is(kerr.ErrorForCode(told.ErrorCode), kerr.RebalanceInProgress)
	}, 2*(session+rebalance), 100*time.Millisecond)
}

// TestDeadMember: who dies while his group is dealt out is a member until his session
// would have ended, and no longer: what he was dealt comes to others.
func TestDeadMember(t *testing.T) {
	t.Parallel()
	b, err := broker.Start(filepath.Join(t.TempDir(), "kafka"), "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(b.Close)
	for i := range groups {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			t.Parallel()
			requireForgotten(t, b.Addr, "group "+strconv.Itoa(i))
		})
	}
}

func requireForgotten(t *testing.T, addr, group string) {
	t.Helper()
	living := &member{T: t, client: connect(t, addr), group: group}
	alone, err := living.join()
	require.NoError(t, err)
	require.Equal(t, 1, alone)
	living.lead()

	dying := &member{T: t, client: connect(t, addr), group: group}
	died := make(chan error, 1)
	go func() {
		_, err := dying.join()
		died <- err
	}()
	living.requireDealtAnew()
	dying.client.Close()
	require.Error(t, <-died)
	<-time.After(noticed)

	both, err := living.join()
	require.NoError(t, err)
	require.Equal(t, 2, both)
	living.lead()
	living.requireDealtAnew()
	alone, err = living.join()
	require.NoError(t, err)
	require.Equal(t, 1, alone)
}
