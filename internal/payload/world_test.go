package payload

import (
	"context"
	"errors"
	"maps"
	"net"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/seal"
	"github.com/skaldhq/skald/services/user"
)

const attribute = "UserId"

// vault is a user service that keeps keys.
type vault struct {
	user.PayloadKeyChores
	mu     sync.Mutex
	users  map[string]user.PayloadKey // of those that there are
	keys   map[string]user.PayloadKey
	erased map[string]bool
	away   error
	hangs  chan error // whoever looks waits for what it gives
	cutOff bool       // somebody did not wait for it
	looks  int
}

func newVault(users ...string) *vault {
	v := &vault{users: map[string]user.PayloadKey{}, keys: map[string]user.PayloadKey{}, erased: map[string]bool{}}
	for _, u := range users {
		v.users[u] = user.PayloadKey{}
	}
	return v
}

func (v *vault) OfferPayloadKey(_ context.Context, k user.PayloadKey) (user.PayloadKey, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	has, ok := v.users[k.UserID]
	switch {
	case v.away != nil:
		return user.PayloadKey{}, v.away
	case !ok:
		return user.PayloadKey{}, user.ErrNotFound
	case has.ID == "":
		v.users[k.UserID], v.keys[k.ID] = k, k
		return k, nil
	}
	return has, nil
}

func (v *vault) FindPayloadKey(ctx context.Context, id string) (user.PayloadKey, error) {
	if err := v.look(ctx); err != nil {
		return user.PayloadKey{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	k, ok := v.keys[id]
	switch {
	case v.away != nil:
		return user.PayloadKey{}, v.away
	case v.erased[id]:
		return user.PayloadKey{}, user.ErrPayloadKeyErased
	case !ok:
		return user.PayloadKey{}, user.ErrPayloadKeyNotFound
	}
	return k, nil
}

func (v *vault) look(ctx context.Context) error {
	v.mu.Lock()
	v.looks++
	hangs := v.hangs
	v.mu.Unlock()
	if hangs == nil {
		return nil
	}
	select {
	case err := <-hangs:
		return err
	case <-ctx.Done():
		v.mu.Lock()
		defer v.mu.Unlock()
		v.cutOff = true
		return ctx.Err()
	}
}

// asked tells whether somebody has looked for a key.
func (v *vault) asked() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.looks > 0
}

func (v *vault) PayloadKeysNotBy(_ context.Context, by, after string, limit int) (page []user.PayloadKey, err error) {
	for _, id := range slices.Sorted(maps.Keys(v.keys)) {
		if k := v.keys[id]; k.WrappedBy != by && id > after && len(page) < limit {
			page = append(page, k)
		}
	}
	return page, nil
}

func (v *vault) RewrapPayloadKey(_ context.Context, k user.PayloadKey, was string) error {
	if v.keys[k.ID].WrappedBy != was {
		return errors.New("not as it was")
	}
	v.keys[k.ID], v.users[k.UserID] = k, k
	return nil
}

// erase destroys a user's key.
func (v *vault) erase(userID string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.erased[v.users[userID].ID] = true
	delete(v.users, userID)
}

var errAway = fault.New(fault.Unavailable, "service_unavailable", "The service did not answer.")

func newCodec(keys *Keys) *Codec { return NewCodec(keys, prometheus.NewRegistry()) }

// clock is a time that tests move.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func ring(t *testing.T, texts ...string) seal.Ring {
	t.Helper()
	r, err := seal.ParseRing(texts...)
	require.NoError(t, err)
	return r
}

const (
	oldKey = "old=MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDA="
	newKey = "new=MTExMTExMTExMTExMTExMTExMTExMTExMTExMTExMTE="
)

// server is Temporal as far as it keeps what it is told.
type server struct {
	workflowservice.UnimplementedWorkflowServiceServer
	mu      sync.Mutex
	asked   []proto.Message
	answers map[string]proto.Message // by the method; without one there is no such run
}

// cluster serves a Temporal, and gives a client of it that seals and opens.
func cluster(t *testing.T, c *Codec) (*server, workflowservice.WorkflowServiceClient) {
	t.Helper()
	intercept, err := c.interceptor(attribute)
	require.NoError(t, err)
	s, dialer := serve(t)
	conn, err := grpc.NewClient("passthrough:///temporal", grpc.WithTransportCredentials(insecure.NewCredentials()), dialer,
		grpc.WithUnaryInterceptor(intercept))
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return s, workflowservice.NewWorkflowServiceClient(conn)
}

// serve serves a Temporal, and tells how to reach it.
func serve(t *testing.T) (*server, grpc.DialOption) {
	t.Helper()
	s := &server{answers: map[string]proto.Message{}}
	listener := bufconn.Listen(1 << 20)
	g := grpc.NewServer(grpc.UnaryInterceptor(func(_ context.Context, req any, info *grpc.UnaryServerInfo, _ grpc.UnaryHandler) (any, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked = append(s.asked, req.(proto.Message))
		answer, ok := s.answers[path.Base(info.FullMethod)]
		if !ok {
			return nil, serviceerror.ToStatus(serviceerror.NewNotFound("no such run")).Err()
		}
		return answer, nil
	}))
	workflowservice.RegisterWorkflowServiceServer(g, s)
	go func() { _ = g.Serve(listener) }()
	t.Cleanup(g.Stop)
	return s, grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) })
}

// last is what the server was asked last.
func last[M proto.Message](s *server) M {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[len(s.asked)-1].(M)
}

func plain(t *testing.T, value any) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(value)
	require.NoError(t, err)
	return p
}

func payloads(t *testing.T, values ...any) *commonpb.Payloads {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayloads(values...)
	require.NoError(t, err)
	return p
}

// start is a saga of a user that begins.
func start(t *testing.T, userID string, input any) *workflowservice.StartWorkflowExecutionRequest {
	t.Helper()
	return &workflowservice.StartWorkflowExecutionRequest{
		Namespace: "default", WorkflowId: "order/1", Input: payloads(t, input),
		SearchAttributes: &commonpb.SearchAttributes{IndexedFields: map[string]*commonpb.Payload{attribute: plain(t, userID)}},
	}
}
