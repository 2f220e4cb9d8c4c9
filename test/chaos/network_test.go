package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is what the platform's processes reach Postgres and Temporal through:
// one proxy a service's database, and one to Temporal.
type network struct {
	mu      sync.Mutex
	proxies map[string]*toxiproxy.Proxy
}

const temporalLink = "temporal"

func newNetwork() *network { return &network{proxies: map[string]*toxiproxy.Proxy{}} }

// link makes the proxy of a name lead to an address, and gives the proxy's own,
// which stays the same.
func (n *network) link(name, upstream string) (addr string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.proxies[name]
	if p == nil {
		p = toxiproxy.NewProxy(toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()), name, "127.0.0.1:0", upstream)
		n.proxies[name] = p
		return p.Listen, startProxy(p, &addr)
	}
	if p.Upstream == upstream {
		return p.Listen, nil
	}
	return p.Listen, p.Update(&toxiproxy.Proxy{Listen: p.Listen, Upstream: upstream, Enabled: true})
}

func startProxy(p *toxiproxy.Proxy, addr *string) error {
	err := p.Start()
	*addr = p.Listen
	return err
}

// rewrite gives an address of Postgres or Temporal as the platform is told it.
func (n *network) rewriteURL(name, raw string) (string, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", err
	}
	if _, err := n.link(name, u.Host); err != nil {
		return "", err
	}
	u.Host = n.proxies[name].Listen
	return u.String(), nil
}

// cut ends all connections of a link and takes no new ones until it is mended.
func (n *network) cut(name string) (mend func() error, err error) {
	p := n.proxies[name]
	p.Stop()
	return func() error { return p.Update(&toxiproxy.Proxy{Listen: p.Listen, Upstream: p.Upstream, Enabled: true}) }, nil
}

// poison adds a toxic to a link until it is mended.
func (n *network) poison(name, toxic, stream string, attributes map[string]any) (mend func() error, err error) {
	raw, err := json.Marshal(map[string]any{"name": toxic, "type": toxic, "stream": stream, "attributes": attributes})
	if err != nil {
		return nil, err
	}
	p := n.proxies[name]
	if _, err := p.Toxics.AddToxicJson(strings.NewReader(string(raw))); err != nil {
		return nil, fmt.Errorf("poison %s with %s: %w", name, toxic, err)
	}
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return p.Toxics.RemoveToxic(ctx, toxic)
	}, nil
}

func (n *network) close() {
	for _, p := range n.proxies {
		p.Stop()
	}
}
