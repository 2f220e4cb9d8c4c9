package chaos_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
	"github.com/rs/zerolog"
)

// network is what the platform's processes reach Postgres and Temporal through:
// one proxy a service's database, and one to Temporal.
type network struct {
	mu      sync.Mutex
	proxies map[string]*toxiproxy.Proxy
	answers map[string]*traffic
}

const temporalLink = "temporal"

// traffic is a toxic that lets all through, and counts the bytes that passed and
// the connections that ended.
type traffic struct{ bytes, ended atomic.Int64 }

// Pipe passes one connection on.
func (t *traffic) Pipe(stub *toxics.ToxicStub) {
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				t.ended.Add(1)
				stub.Close()
				return
			}
			t.bytes.Add(int64(len(chunk.Data)))
			stub.Output <- chunk
		}
	}
}

func newNetwork() *network {
	toxics.Register("count", &traffic{})
	return &network{proxies: map[string]*toxiproxy.Proxy{}, answers: map[string]*traffic{}}
}

// link makes the proxy of a name lead to an address, and gives the proxy's own,
// which stays the same. One that is cut stays so.
func (n *network) link(name, upstream string) (addr string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.proxies[name]
	if p != nil {
		return p.Listen, p.Update(&toxiproxy.Proxy{Listen: p.Listen, Upstream: upstream, Enabled: p.Enabled})
	}
	p = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), name, "127.0.0.1:0", upstream)
	count, err := p.Toxics.AddToxicJson(strings.NewReader(`{"name": "count", "type": "count", "stream": "downstream"}`))
	if err != nil {
		return "", fmt.Errorf("count the traffic of %s: %w", name, err)
	}
	n.proxies[name], n.answers[name] = p, count.Toxic.(*traffic)
	err = p.Start()
	return p.Listen, err
}

// rewriteURL gives an address of Postgres or Temporal as the platform is told it.
func (n *network) rewriteURL(name, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	if u.Host, err = n.link(name, u.Host); err != nil {
		return "", err
	}
	return u.String(), nil
}

// cut ends all connections of a link and takes no new ones until it is mended,
// which tells errMissed where there was none.
func (n *network) cut(name string) (mend func() error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, answers := n.proxies[name], n.answers[name]
	before := answers.ended.Load()
	p.Stop()
	return func() error {
		n.mu.Lock()
		defer n.mu.Unlock()
		if err := p.Update(&toxiproxy.Proxy{Listen: p.Listen, Upstream: p.Upstream, Enabled: true}); err != nil {
			return err
		}
		return missedUnless(answers.ended.Load() > before)
	}
}

// poison adds a toxic to the answers of a link until it is mended, which tells
// errMissed where nothing was answered.
func (n *network) poison(name, toxic string, attributes map[string]any) (mend func() error, err error) {
	raw, err := json.Marshal(map[string]any{"name": toxic, "type": toxic, "stream": "downstream", "attributes": attributes})
	if err != nil {
		return nil, err
	}
	p, answers := n.proxies[name], n.answers[name]
	before := answers.bytes.Load()
	if _, err := p.Toxics.AddToxicJson(bytes.NewReader(raw)); err != nil {
		return nil, fmt.Errorf("poison %s with %s: %w", name, toxic, err)
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.Toxics.RemoveToxic(ctx, toxic); err != nil {
			return err
		}
		return missedUnless(answers.bytes.Load() > before)
	}, nil
}

func (n *network) close() {
	for _, p := range n.proxies {
		p.Stop()
	}
}
