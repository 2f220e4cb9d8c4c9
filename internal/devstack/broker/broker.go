// Package broker runs a Kafka-compatible broker in this process, its data on
// disk.
package broker

import (
	"context"
	"fmt"
	"net"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Broker is a running broker.
type Broker struct {
	Addr    string
	cluster *kfake.Cluster
	forget  context.CancelFunc // ends the watch over members
}

// Start runs a broker on an address, host:port; port 0 picks a free one. Every
// batch is on disk before it is acknowledged.
//
// Clients create their topics by request. A topic that the broker made up at
// the first use of its name would only be written down at a clean stop, and be
// lost with all of its records at kill -9.
func Start(dir, addr string) (*Broker, error) {
	listen := func(network, _ string) (net.Listener, error) { return net.Listen(network, addr) } //nolint:noctx // closed by Close
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.ListenFn(listen), kfake.DataDir(dir), kfake.SyncWrites(),
		kfake.DefaultNumPartitions(3))
	if err != nil {
		return nil, fmt.Errorf("start broker on %s: %w", addr, err)
	}
	ctx, forget := context.WithCancel(context.Background())
	if err := watch(ctx, cluster); err != nil {
		forget()
		cluster.Close()
		return nil, err
	}
	return &Broker{Addr: cluster.ListenAddrs()[0], cluster: cluster, forget: forget}, nil
}

// Close ends the broker.
func (b *Broker) Close() {
	b.forget()
	b.cluster.Close()
}
