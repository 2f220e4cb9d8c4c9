package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api"
	"github.com/skaldhq/skald/api/auth"
	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/health"
	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/inventory"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/order"
	"github.com/skaldhq/skald/services/payment"
	"github.com/skaldhq/skald/services/pricing"
	"github.com/skaldhq/skald/services/product"
	"github.com/skaldhq/skald/services/user"
	"github.com/skaldhq/skald/workflows/saga"
)

// world stands for all that is behind the front door.
type world struct {
	mu        sync.Mutex
	order     order.Order // what Create and Get give
	createErr error
	await     func(ctx context.Context, w *world) error
	notified  []string
	notifyErr error
	notice    payment.Notice
	noticeErr error
	stockErr  error
	priceErr  error
	created   []order.CreateRequest
	looked    int // how often Get was asked for an order
	start     func(ctx context.Context) error
	payment   payment.Payment
	payErr    error
	users     map[string]user.User
	products  map[string]product.Product
	meanwhile func()                 // happens once, right after the next price was set
	shelf     []product.Product      // what the catalogue lists, by price
	listed    []product.Filter       // what it was asked for
	bases     map[string]money.Money // what pricing was told
	cancelled []string
	cancelErr error
	refunds   []order.RefundRequest
	refunded  []string
	status    saga.Status
	silent    bool               // no worker answers that runs the saga
	endedAt   *time.Time         // when the saga did
	decided   []order.Resolution // what the audit has
	resolved  []saga.Resolution  // what the sagas were told
	first     *saga.Resolution   // what they took under the same key
	refusal   error
	repairs   []order.RepairRequest
	accepted  []order.Acceptance
	repaired  []string
	repairErr error
	histories *fakeHistories
	given     []order.Refund // what ListRefunds gives
	claimed   []payment.AuthorizeRequest
	taken     []string // payments whose saga was asked for
	wishes    []payment.RefundWish
	refund    payment.Refund
	givenBack []string // refunds of payments whose saga was asked for

	replays    []notification.NewReplay
	dismissals []notification.NewDismissal
	noticesErr error
	webhooks   *fakeWebhooks
}

type (
	fakeOrders struct {
		order.Service
		*world
	}
	fakeProducts struct {
		product.Service
		*world
	}
	fakeStock struct {
		inventory.Service
		*world
	}
	fakePrices struct {
		pricing.Service
		*world
	}
	fakePayments struct {
		payment.Service
		*world
	}
	fakeUsers struct {
		user.Service
		*world
	}
	fakeSagas     struct{ *world }
	fakeOperators struct{ *world }
)

func (f fakeOrders) Create(_ context.Context, r order.CreateRequest) (order.Order, bool, error) {
	f.created = append(f.created, r)
	return f.order, true, f.createErr
}
func (f fakeOrders) Get(_ context.Context, id string) (order.Order, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looked++
	if id != f.order.ID {
		return order.Order{}, order.ErrNotFound
	}
	return f.order, nil
}
func (f fakeOrders) List(context.Context, order.Filter) (order.Page, error) {
	return order.Page{Items: []order.Order{f.order}}, nil
}

func (f fakeProducts) Get(_ context.Context, id string) (product.Product, error) {
	if id == "prd_1" {
		return product.Product{ID: id, BasePrice: money.New(1000, "EUR")}, nil
	}
	p, ok := f.products[id]
	if !ok {
		return product.Product{}, product.ErrNotFound
	}
	return p, nil
}
func (f fakeProducts) Create(_ context.Context, r product.PutRequest) (product.Product, bool, error) {
	if p, found := f.products[r.ID]; found {
		return p, false, nil
	}
	return f.put(r, 1), true, r.Validate()
}
func (f fakeProducts) Update(_ context.Context, r product.PutRequest, version int64) (product.Product, error) {
	if f.products[r.ID].Version != version {
		return product.Product{}, product.ErrChanged
	}
	return f.put(r, version+1), r.Validate()
}
func (f fakeProducts) put(r product.PutRequest, version int64) product.Product {
	f.products[r.ID] = product.Product{
		ID: r.ID, Name: r.Name, Description: r.Description, Category: r.Category, BasePrice: r.BasePrice, Version: version, UpdatedAt: time.Unix(version, 0),
	}
	return f.products[r.ID]
}
func (f fakeProducts) Delete(_ context.Context, id string, version int64) error {
	if version != 0 && f.products[id].Version != version {
		return product.ErrChanged
	}
	delete(f.products, id)
	return nil
}
func (f fakeProducts) Reprice(_ context.Context, id string, base money.Money) error {
	p, found := f.products[id]
	if !found {
		return product.ErrNotFound
	}
	p.BasePrice = base
	f.products[id] = p
	return nil
}
func (f fakeProducts) List(_ context.Context, q product.Filter) (product.Page, error) {
	sort, after, err := q.Begin()
	f.listed = append(f.listed, q)
	var page product.Page
	for _, p := range f.shelf {
		switch {
		case after != nil && p.BasePrice.Amount <= after.Price || p.BasePrice.Amount < q.MinBase:
		case len(page.Items) == q.Limit:
			page.NextCursor = q.After(page.Items[q.Limit-1])
			return page, err
		case sort == product.Cheapest:
			page.Items = append(page.Items, p)
		}
	}
	return page, err
}

func (f fakeStock) List(_ context.Context, ids []string) (map[string]inventory.Stock, error) {
	found := map[string]inventory.Stock{"prd_1": {OnHand: 7, Reserved: 2, Available: 5}}
	for _, id := range ids {
		if odd := id[len(id)-1]%2 == 1; odd && id != "prd_1" {
			found[id] = inventory.Stock{OnHand: 1, Available: 1}
		}
	}
	return found, f.stockErr
}
func (f fakeStock) Ready(context.Context) error { return f.stockErr }

func (f fakePrices) List(context.Context, []string) (map[string]pricing.Price, error) {
	if f.priceErr != nil {
		return nil, f.priceErr
	}
	return map[string]pricing.Price{
		"prd_1": {Base: money.New(1200, "EUR"), Current: money.New(1080, "EUR"), Discount: &pricing.Discount{BasisPoints: 1000}},
	}, nil
}
func (f fakePrices) Set(_ context.Context, r pricing.SetRequest) (pricing.Price, bool, error) {
	if f.priceErr == nil {
		f.bases[r.ProductID] = r.Base
	}
	f.others()
	return pricing.Price{ProductID: r.ProductID, Base: r.Base, Current: r.Base}, false, f.priceErr
}
func (f fakePrices) Delete(_ context.Context, id string) error {
	delete(f.bases, id)
	return f.priceErr
}
func (f fakePrices) SetBase(_ context.Context, id string, base money.Money) (pricing.Price, error) {
	if f.priceErr == nil {
		f.bases[id] = base
	}
	f.others()
	return pricing.Price{}, f.priceErr
}

// others do what they do meanwhile.
func (w *world) others() {
	if do := w.meanwhile; do != nil {
		w.meanwhile = nil
		do()
	}
}

func (f fakePayments) ReceiveWebhook(context.Context, []byte, string) (payment.Notice, error) {
	return f.notice, f.noticeErr
}
func (f fakePayments) Get(_ context.Context, id string) (payment.Payment, error) {
	if id != f.payment.ID {
		return payment.Payment{}, payment.ErrNotFound
	}
	return f.payment, nil
}
func (f fakePayments) List(_ context.Context, r payment.Filter) (payment.Page, error) {
	if f.payErr != nil || r.OrderID != f.payment.OrderID {
		return payment.Page{}, f.payErr
	}
	return payment.Page{Items: []payment.Payment{f.payment}}, nil
}

func (f fakeUsers) Get(_ context.Context, id string) (user.User, error) {
	u, ok := f.users[id]
	if !ok {
		return user.User{}, user.ErrNotFound
	}
	return u, nil
}
func (f fakeUsers) Create(_ context.Context, r user.PutRequest) (user.User, bool, error) {
	if u, found := f.users[r.ID]; found {
		return u, false, nil
	}
	u, err := f.put(r, 1)
	return u, err == nil, err
}
func (f fakeUsers) Update(_ context.Context, r user.PutRequest, version int64) (user.User, error) {
	if f.users[r.ID].Version != version {
		return user.User{}, user.ErrChanged
	}
	return f.put(r, version+1)
}
func (f fakeUsers) put(r user.PutRequest, version int64) (user.User, error) {
	for id, u := range f.users {
		if id != r.ID && strings.EqualFold(u.Email, r.Email) {
			return user.User{}, user.ErrEmailTaken
		}
	}
	f.users[r.ID] = user.User{ID: r.ID, Email: r.Email, Name: r.Name, Locale: r.Locale, Status: r.Status, Version: version, UpdatedAt: time.Unix(version, 0)}
	return f.users[r.ID], r.Validate()
}

func (f fakeSagas) Start(ctx context.Context, _ order.Order) error {
	if f.start == nil {
		return nil
	}
	return f.start(ctx)
}
func (f fakeSagas) Await(ctx context.Context, _ order.Order) error {
	if f.await == nil {
		return nil
	}
	return f.await(ctx, f.world)
}
func (f fakeSagas) Cancel(_ context.Context, o order.Order) error {
	f.cancelled = append(f.cancelled, o.ID)
	return f.cancelErr
}
func (f fakeSagas) Refund(_ context.Context, r order.Refund) error {
	f.refunded = append(f.refunded, r.ID)
	return nil
}
func (f fakeSagas) NotifyPayment(_ context.Context, n payment.Notice) error {
	f.notified = append(f.notified, n.OrderID+n.PaymentID)
	return f.notifyErr
}

// holders have the keys.
type holders struct{}

func (holders) Authenticate(_ context.Context, key string) (auth.Principal, error) {
	p, ok := map[string]auth.Principal{
		"skald_a": {ID: "usr_1", Name: "alice", Role: user.RoleCustomer, UserID: "usr_1"},
		"skald_b": {ID: "usr_2", Name: "bob", Role: user.RoleCustomer, UserID: "usr_2"},
		"skald_r": {ID: "usr_1", Name: "reader", Role: user.RoleCustomer, UserID: "usr_1", Scopes: []string{"orders:read"}},
		"skald_t": {ID: "key_s", Name: "shop", Role: user.RoleService, Scopes: []string{"webhooks:read", "webhooks:write", "orders:read"}},
		"skald_s": {ID: "key_s", Name: "checkout", Role: user.RoleService},
		"skald_o": {ID: "key_o", Name: "operator", Role: user.RoleOperator},
	}[key]
	switch {
	case key == "skald_down":
		return p, fault.New(fault.Unavailable, "service_unavailable", "The user service does not answer.")
	case !ok:
		return p, auth.ErrUnknown
	}
	return p, nil
}

// setup returns the front door before a world of its own; change tells what is
// different about it.
func setup(t *testing.T, change ...func(*api.Config)) (*world, http.Handler) {
	t.Helper()
	w := &world{
		order: order.Order{ID: "ord_1", UserID: "usr_1", Status: order.Pending, Version: 1, UpdatedAt: time.Unix(1, 0)},
		users: map[string]user.User{}, products: map[string]product.Product{}, bases: map[string]money.Money{}, histories: newFakeHistories(),
		webhooks: newFakeWebhooks(),
	}
	c := api.Config{
		Users: fakeUsers{world: w}, Products: fakeProducts{world: w}, Stock: fakeStock{world: w}, Prices: fakePrices{world: w},
		Orders: fakeOrders{world: w}, Payments: fakePayments{world: w}, Notices: fakeNotices{world: w}, Webhooks: w.webhooks, Sagas: fakeSagas{w}, Operators: fakeOperators{w}, Histories: w.histories,
		Codec:        reversing{},
		Dependencies: health.NewWatch(map[string]health.Probe{"inventory": {Ready: fakeStock{world: w}.Ready}}),
		Wait:         50 * time.Millisecond, MaxWait: 30 * time.Second,
		Auth: holders{}, Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&c)
	}
	h, err := api.New(c)
	require.NoError(t, err)
	return w, asDocumented(t, h)
}

const body = `{"user_id":"usr_1","payment_method":"pm_card_visa","items":[{"product_id":"prd_1","quantity":1}]}`

// call sends a request; headers come in pairs. It speaks for an operator, unless
// they say for whom.
func call(h http.Handler, method, path, body string, headers ...string) (*httptest.ResponseRecorder, map[string]any) {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Authorization", "Bearer skald_o")
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var out map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &out)
	return w, out
}
