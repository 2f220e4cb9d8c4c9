// Package rerun_test cuts the saga of an order at every point, on the real
// services, and lets it run again.
package rerun_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/skaldhq/skald/activities"
	"github.com/skaldhq/skald/internal/devstack/psp"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/internal/pgtest"
	"github.com/skaldhq/skald/services/inventory/inventorypg"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/order/orderpg"
	"github.com/skaldhq/skald/services/payment/paymentpg"
	"github.com/skaldhq/skald/services/payment/stripepay"
	"github.com/skaldhq/skald/services/pricing/pricingpg"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/services/user/userpg"
	"github.com/skaldhq/skald/workflows"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) { os.Exit(cluster.Run(m)) }

const (
	units         = 10
	actionTimeout = time.Minute
)

// bench is every service on a database of its own, and a simulated provider.
type bench struct {
	users    *userpg.Store
	prices   *pricingpg.Store
	stock    *inventorypg.Store
	payments *paymentpg.Store
	orders   *orderpg.Store

	inventory *pgxpool.Pool
	provider  *httptest.Server
	structs   []any
	next      int
}

func open(t *testing.T) *bench {
	t.Helper()
	simulator, err := psp.New(psp.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(func() {
		server.CloseClientConnections()
		require.NoError(t, simulator.Close())
		server.Close()
	})
	b := &bench{provider: server, inventory: cluster.Database(t, "inventory")}
	b.users, b.prices = userpg.New(cluster.Database(t, "user")), pricingpg.New(cluster.Database(t, "pricing"))
	b.stock, b.orders = inventorypg.New(b.inventory), orderpg.New(cluster.Database(t, "order"))
	b.payments = paymentpg.New(cluster.Database(t, "payment"), stripepay.New(stripepay.Config{
		Key: "sk_test", URL: server.URL, WebhookSecret: "whsec", ReturnURL: "http://shop.test",
	}))
	b.structs = []any{
		activities.NewUser(b.users), activities.NewPricing(b.prices), activities.NewInventory(b.stock),
		activities.NewPayment(b.payments), activities.NewOrder(b.orders),
	}
	return b
}

// place creates an order of a customer and a product of its own.
func (b *bench) place(t *testing.T, s scenario) (order.Order, user.PutRequest) {
	t.Helper()
	b.next++
	customer := user.PutRequest{
		ID: order.UserIDPrefix.New(), Email: order.UserIDPrefix.New() + "@example.com", Name: "Ann", Locale: "en", Status: user.Active,
	}
	if !s.unknown {
		_, _, err := b.users.Create(t.Context(), customer)
		require.NoError(t, err)
	}
	item := product.IDPrefix.New()
	_, err := b.prices.SetBase(t.Context(), item, money.New(700, "EUR"))
	require.NoError(t, err)
	_, _, err = b.stock.SetOnHand(t.Context(), item, units)
	require.NoError(t, err)
	o, _, err := b.orders.Create(t.Context(), order.CreateRequest{
		UserID: customer.ID, PaymentMethod: s.method, Items: []order.Item{{ProductID: item, Quantity: s.quantity}},
	})
	require.NoError(t, err)
	return o, customer
}

// call is an activity as a saga called it.
type call struct {
	name string
	arg  []byte
}

// recorder keeps what a saga calls, in the sequence of the answers.
type recorder struct {
	interceptor.WorkerInterceptorBase
	interceptor.ActivityInboundInterceptorBase
	mu    *sync.Mutex
	calls *[]call
}

func (r *recorder) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	i := &recorder{mu: r.mu, calls: r.calls}
	i.Next = next
	return i
}

func (r *recorder) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	raw, err := json.Marshal(in.Args[0])
	if err != nil {
		return nil, err
	}
	out, err := r.Next.ExecuteActivity(ctx, in)
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.calls = append(*r.calls, call{name: activity.GetInfo(ctx).ActivityType.Name, arg: raw})
	return out, err
}

// run runs the saga of an order to its end, and gives what it called.
func (b *bench) run(t *testing.T, o order.Order, again bool, at time.Time, during func(*testsuite.TestWorkflowEnvironment)) []call {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(silent{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(30 * time.Second)
	env.SetStartTime(at)
	var calls []call
	env.SetWorkerOptions(worker.Options{Interceptors: []interceptor.WorkerInterceptor{&recorder{mu: &sync.Mutex{}, calls: &calls}}})
	placeOrder, err := workflows.NewPlaceOrder()
	require.NoError(t, err)
	env.RegisterWorkflowWithOptions(placeOrder.Run, workflow.RegisterOptions{Name: workflows.PlaceOrderName})
	for _, s := range b.structs {
		env.RegisterActivity(s)
	}
	if during != nil {
		during(env)
	}
	in := workflows.PlaceOrderRequest(o, actionTimeout)
	in.Again = again
	env.ExecuteWorkflow(workflows.PlaceOrderName, in)
	require.True(t, env.IsWorkflowCompleted())
	require.NoError(t, env.GetWorkflowError(), "it must not park: it would not end")
	return calls
}

// do calls an activity, and gives its answer as JSON. A refusal is an answer.
func (b *bench) do(t *testing.T, c call) []byte {
	t.Helper()
	for _, s := range b.structs {
		method := reflect.ValueOf(s).MethodByName(c.name)
		if !method.IsValid() {
			continue
		}
		arg := reflect.New(method.Type().In(1))
		require.NoError(t, json.Unmarshal(c.arg, arg.Interface()))
		out := method.Call([]reflect.Value{reflect.ValueOf(t.Context()), arg.Elem()})
		raw, err := json.Marshal(out[0].Interface())
		require.NoError(t, err)
		return raw
	}
	require.Fail(t, "no activity is named "+c.name)
	return nil
}

// effects are the provider's successful effects on an order, in order.
func (b *bench) effects(t *testing.T, orderID string) (done []string) {
	t.Helper()
	response, err := http.Get(b.provider.URL + "/_log")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	var log []psp.Entry
	require.NoError(t, json.NewDecoder(response.Body).Decode(&log))
	for _, e := range log {
		if e.Metadata["order_id"] == orderID && e.Outcome == "succeeded" && e.Operation != "create" {
			done = append(done, e.Operation)
		}
	}
	return done
}

// silent is a logger: what a saga logs is judged by what it does.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
