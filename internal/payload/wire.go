package payload

import (
	"context"
	"errors"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	commandpb "go.temporal.io/api/command/v1"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/proxy"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// wire seals what leaves for Temporal and opens what comes.
type wire struct {
	*Codec
	userAttribute string
	tasks         *lru.Cache[string, keyName] // by token, of those under way here
	runs          *lru.Cache[string, keyName] // by run
}

// mostTasks is many times what a process works on at a time; mostRuns is of how
// many runs a process knows the key without asking Temporal.
const (
	mostTasks = 50_000
	mostRuns  = 50_000
)

// Protect has a client of Temporal seal and open. userAttribute is the search
// attribute that names the user of a saga. Each client has to have this, also
// where there are no keys: then a task that is sealed waits for a process that has
// them, instead of failing its saga.
func (c *Codec) Protect(o *client.Options, userAttribute string) error {
	intercept, err := c.interceptor(userAttribute)
	if err != nil {
		return err
	}
	o.DataConverter = newConverter()
	o.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: o.DataConverter, EncodeCommonAttributes: c.seals(), // the texts of failures are payloads then
	})
	o.ConnectionOptions.DialOptions = append(o.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(intercept))
	return nil
}

func (c *Codec) interceptor(userAttribute string) (grpc.UnaryClientInterceptor, error) {
	tasks, err := lru.New[string, keyName](mostTasks)
	if err != nil {
		return nil, err
	}
	runs, err := lru.New[string, keyName](mostRuns)
	if err != nil {
		return nil, err
	}
	w := &wire{Codec: c, userAttribute: userAttribute, tasks: tasks, runs: runs}
	opening, err := proxy.NewPayloadVisitorInterceptor(proxy.PayloadVisitorInterceptorOptions{
		Inbound: &proxy.VisitPayloadsOptions{Visitor: w.openAll, SkipSearchAttributes: true},
	})
	return w.intercept(opening), err
}

// intercept seals a request, and opens its answer.
func (w *wire) intercept(opening grpc.UnaryClientInterceptor) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, answer any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		if ctx.Value(bareKey{}) != nil {
			return invoke(ctx, method, req, answer, cc, opts...)
		}
		if request, ok := req.(proto.Message); ok && w.seals() {
			sealed, err := w.sealAll(ctx, request, cc)
			if err != nil {
				return call{req: req, sealing: true}.failed(err)
			}
			req = sealed
		}
		ctx = context.WithValue(ctx, callKey{}, newCall(method, req, answer))
		return opening(ctx, method, req, answer, cc, func(ctx context.Context, method string, req, answer any, cc *grpc.ClientConn, opts ...grpc.CallOption) error {
			err := invoke(ctx, method, req, answer, cc, opts...)
			if err == nil && w.seals() {
				err = w.learn(ctx, cc, req, answer)
			}
			return err
		}, opts...)
	}
}

// whose tells, once it is asked, which key seals a message.
type whose func() (keyName, error)

type (
	whoseKey struct{}
	bareKey  struct{} // of a call that is not looked into
	callKey  struct{}
)

func withKey(ctx context.Context, of whose) context.Context {
	return context.WithValue(ctx, whoseKey{}, of)
}

// sealAll gives the request with all its payloads sealed. The request itself stays
// as it is: the SDK may send it again.
func (w *wire) sealAll(ctx context.Context, request proto.Message, cc *grpc.ClientConn) (proto.Message, error) {
	request = proto.Clone(request)
	of := sync.OnceValues(func() (keyName, error) { return w.keyOf(ctx, cc, request) })
	err := proxy.VisitPayloads(withKey(ctx, of), request, proxy.VisitPayloadsOptions{
		SkipSearchAttributes: true, ContextHook: w.enter,
		Visitor: func(ctx *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
			of, _ := ctx.Value(whoseKey{}).(whose)
			name, err := of()
			if err != nil {
				return nil, err
			}
			return w.sealEach(ctx, name, payloads)
		},
	})
	return request, err
}

func (w *wire) sealEach(ctx context.Context, name keyName, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) { return w.seal(ctx, name, p) })
}

// localActivity is what the SDK calls the markers of local activities.
const localActivity = "LocalActivity"

// enter has the platform's key seal what tells of no user, and by which an erased
// saga's steps can still be told: the summaries of what it did, and of its local
// activities which they were.
func (w *wire) enter(ctx context.Context, message proto.Message) (context.Context, error) {
	switch m := message.(type) {
	case *sdkpb.UserMetadata:
		return withKey(ctx, func() (keyName, error) { return platform, nil }), nil
	case *commandpb.RecordMarkerCommandAttributes:
		data := m.GetDetails()["data"]
		if m.GetMarkerName() != localActivity || data == nil {
			return ctx, nil
		}
		payloads, err := w.sealEach(ctx, platform, data.GetPayloads())
		data.Payloads = payloads
		return ctx, err
	}
	return ctx, nil
}

// openAll opens what came from Temporal. Who lists runs or looks at one gets what
// cannot be opened just now as it is: one of them says nothing about the others.
func (w *wire) openAll(ctx *proxy.VisitPayloadsContext, payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	of, _ := ctx.Value(callKey{}).(call)
	var finding context.Context = ctx
	if of.shows() {
		within, cancel := context.WithDeadline(ctx, of.until())
		defer cancel()
		finding = within
	}
	return each(payloads, func(p *commonpb.Payload) (*commonpb.Payload, error) {
		opened, err := w.open(finding, p)
		if of.gives() && ctx.Err() == nil {
			w.count(err)
		}
		switch {
		case errors.Is(err, ErrErased):
			return erasedPayload(), nil
		case err != nil && of.shows():
			return p, nil
		case err != nil:
			return nil, of.failed(err)
		}
		return opened, nil
	})
}
