package broker

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// lookEvery is the pause between two looks for members that are gone.
const lookEvery = time.Second

// members are those of the broker's groups. kfake begins no session for one whose
// connection is gone when it is told that it belongs: nothing would ever end its
// membership, and nobody else read its partitions.
type members struct {
	mu    sync.Mutex
	known map[string]*member // by their ids
}

// member is one of a group.
type member struct {
	group string
	// silence is longer than a member that lives says nothing, even where it waits for
	// the others.
	silence time.Duration
	last    time.Time // when it said something
}

// watch takes those that died out of the cluster's groups until the context ends.
func watch(ctx context.Context, cluster *kfake.Cluster) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		return fmt.Errorf("watch the broker's groups: %w", err)
	}
	m := &members{known: map[string]*member{}}
	for _, key := range []kmsg.Key{kmsg.JoinGroup, kmsg.SyncGroup, kmsg.Heartbeat, kmsg.LeaveGroup} {
		cluster.ControlKey(key.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
			m.heard(r)
			return nil, nil, false
		})
	}
	go m.dismiss(ctx, client)
	return nil
}

// dismiss has those that are gone leave their groups, until the context ends.
func (m *members) dismiss(ctx context.Context, client *kgo.Client) {
	defer client.Close()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
		for id, group := range m.gone() {
			leave := kmsg.NewPtrLeaveGroupRequest()
			leave.Group = group
			leave.Members = []kmsg.LeaveGroupRequestMember{{MemberID: id}}
			_, _ = leave.RequestWith(ctx, client) // mostly it is not known any more
		}
	}
}

// heard keeps that a member said something.
func (m *members) heard(r kmsg.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r := r.(type) {
	case *kmsg.JoinGroupRequest:
		if r.MemberID == "" { // it is given one, and asks again
			return
		}
		silence := time.Duration(r.SessionTimeoutMillis+r.RebalanceTimeoutMillis) * time.Millisecond
		m.known[r.MemberID] = &member{group: r.Group, silence: silence, last: time.Now()}
	case *kmsg.SyncGroupRequest:
		m.lives(r.MemberID)
	case *kmsg.HeartbeatRequest:
		m.lives(r.MemberID)
	case *kmsg.LeaveGroupRequest:
		for _, left := range r.Members {
			delete(m.known, left.MemberID)
		}
	}
}

func (m *members) lives(id string) {
	if known := m.known[id]; known != nil {
		known.last = time.Now()
	}
}

// gone takes out those that said nothing for too long, and gives their groups.
func (m *members) gone() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	gone := map[string]string{}
	maps.DeleteFunc(m.known, func(id string, known *member) bool {
		if time.Since(known.last) < known.silence {
			return false
		}
		gone[id] = known.group
		return true
	})
	return gone
}
