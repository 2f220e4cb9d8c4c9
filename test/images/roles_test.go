package images_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/test/stack"
	"github.com/skaldhq/skald/test/stack/stacktest"
)

// platform is one of processes: each from the same image, each told no more than
// docker-compose.yml tells it.
type platform struct {
	*testing.T
	image

	infra *stack.Stack
	shop  *stack.Shop
	at    []string // where the services are
	all   []*process
}

// TestRoles: every role gets ready with keys that seal payloads, an order goes through
// all of them and its customer is told, a second version of the order service takes
// over, and each ends well when it is told to.
func TestRoles(t *testing.T) {
	t.Parallel()
	p := &platform{T: t, image: build(t)}
	requireStatic(t, filepath.Join(p.dir, "skald"))
	door := p.startInfra()

	require.Contains(t, p.once(t, p.env("TEMPORAL_"), "prepare"), "search attributes added")
	for _, name := range []string{"user", "product", "pricing", "inventory", "payment", "order", "notification"} {
		require.Contains(t, p.once(t, p.serviceEnv(name), "migrate", name), name)
		p.at = append(p.at, name+"="+p.service(name, "v1").URL)
	}
	env := p.env("TEMPORAL_", "SKALD_SERVICE_TOKENS", "SKALD_API_KEY_SECRET", "SKALD_PAYLOAD_KEYS")
	env["SKALD_SERVICES"] = strings.Join(p.at, ";")
	p.run(door, env, "gateway", "--addr", door)

	keys := p.serviceEnv("user")
	maps.Copy(keys, p.env("SKALD_API_KEY_SECRET"))
	p.shop.Key = strings.TrimSpace(p.once(t, keys, "bootstrap"))
	product := p.product()
	p.requireOrder(product)
	p.requireMail("order.confirmed")

	p.service("order", "v2")
	require.Eventually(t, func() bool { // it has to ask for work first
		_, err := p.tried(p.env("TEMPORAL_"), "ops", "versions", "promote", "v2")
		return err == nil
	}, time.Minute, 100*time.Millisecond)
	require.Regexp(t, `v2 +current`, p.once(t, p.env("TEMPORAL_"), "ops", "versions", "list"))
	p.requireOrder(product)
	for _, one := range p.all {
		one.stop(t)
	}
}

// startInfra starts what is beneath the platform, and gives the address that the
// front door has to have.
func (p *platform) startInfra() string {
	p.Helper()
	dir, err := os.MkdirTemp("", "skald-images-")
	require.NoError(p, err)
	p.Cleanup(func() { require.NoError(p, os.RemoveAll(dir)) })
	dev, err := stack.Build(p.Context(), dir)
	require.NoError(p, err)
	ctx, cancel := context.WithTimeout(p.Context(), 3*time.Minute)
	defer cancel()
	door := stacktest.FreeAddr(p.T)
	p.infra, err = stack.Start(ctx, dev, filepath.Join(dir, "data"), "--infra-only", "--encrypt", "--addr", door)
	require.NoError(p, err)
	p.Cleanup(func() { require.NoError(p, p.infra.Stop()) })
	require.NotEmpty(p, p.infra.Environment["SKALD_PAYLOAD_KEYS"])
	p.shop = p.infra.NewShop()
	return door
}

// env is what the infrastructure says, as far as it begins with one of these.
func (p *platform) env(prefixes ...string) map[string]string {
	env := map[string]string{}
	for name, value := range p.infra.Environment {
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				env[name] = value
			}
		}
	}
	return env
}

func (p *platform) serviceEnv(name string) map[string]string {
	env := p.env("TEMPORAL_", "SKALD_SERVICE_TOKENS", "SKALD_KAFKA_", "SKALD_PAYLOAD_KEYS")
	env["SKALD_DATABASES"] = name + "=" + p.infra.Databases[name]
	if name != "user" { // which has the keys of users, and was the first to start
		env["SKALD_SERVICES"] = p.at[0]
	}
	switch name {
	case "payment":
		maps.Copy(env, p.env("STRIPE_"))
	case "notification": // it asks those who started before it
		maps.Copy(env, p.env("SKALD_SMTP_", "SKALD_WEBHOOK_KEYS"))
		env["SKALD_SERVICES"] = strings.Join(p.at, ";")
	}
	return env
}

// service runs a service of a version, which is of account for orders only.
func (p *platform) service(name, version string) *process {
	p.Helper()
	env, addr := p.serviceEnv(name), stacktest.FreeAddr(p.T)
	env["SKALD_BUILD_ID"], env["SKALD_SERVICE_ADDR"] = version, addr
	return p.run(addr, env, "service", name)
}

// run starts a role and waits until it is ready, by the binary's own probe too.
func (p *platform) run(addr string, env map[string]string, args ...string) *process {
	p.Helper()
	one := p.start(p.T, addr, env, args...)
	for _, path := range []string{"/health", "/ready", "/metrics"} {
		one.requireAnswer(p.T, path)
	}
	require.Contains(p, p.once(p.T, nil, "probe", one.URL+"/ready"), "ready")
	p.all = append(p.all, one)
	return one
}

func (p *platform) do(method, path string, body any) stack.Answer {
	p.Helper()
	a, err := p.shop.Do(p.Context(), method, path, body)
	require.NoError(p, err)
	require.Less(p, a.Status, http.StatusBadRequest, "%s %s: %s", method, path, a.Body)
	return a
}

// product makes a product with a stock, and gives its id.
func (p *platform) product() string {
	p.Helper()
	a := p.do(http.MethodPost, "/v1/products", map[string]any{
		"name": "Rune dice", "description": "Six of them.", "category": "games", "base_price": stack.Money{Amount: 1450, Currency: "EUR"},
	})
	var made struct {
		ID string `json:"id"`
	}
	require.NoError(p, json.Unmarshal(a.Body, &made))
	p.do(http.MethodPut, "/v1/stock/"+made.ID, map[string]any{"on_hand": 10})
	return made.ID
}

// requireOrder places an order and waits until it is confirmed, however slow the
// machine is.
func (p *platform) requireOrder(product string) {
	p.Helper()
	placed := p.do(http.MethodPost, "/v1/orders", stack.NewOrder{
		UserID: p.infra.Users["alice"], PaymentMethod: "pm_card_visa", Items: []stack.Item{{ProductID: product, Quantity: 1}},
	}).Order
	require.Eventually(p, func() bool {
		return p.do(http.MethodGet, "/v1/orders/"+placed.ID, nil).Order.Status == "confirmed"
	}, time.Minute, 100*time.Millisecond, "the order is %s", placed.Status)
}

// requireMail waits until the customer was told of something: its event went from
// the service's outbox through Kafka to the notification service, and from there to
// the mail server.
func (p *platform) requireMail(of string) {
	p.Helper()
	var sent struct {
		Items []struct{ Type, Status string }
	}
	require.Eventually(p, func() bool {
		a := p.do(http.MethodGet, "/v1/notifications?user_id="+p.infra.Users["alice"], nil)
		require.NoError(p, json.Unmarshal(a.Body, &sent))
		return len(sent.Items) == 1 && sent.Items[0].Type == of && sent.Items[0].Status == "sent"
	}, time.Minute, 100*time.Millisecond, "%v", &sent)
}
