// Package broker runs a Kafka-compatible broker in this process, its data on
// disk.
package broker

import (
	"fmt"
	"net"
	"strconv"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Broker is a running broker.
type Broker struct {
	Addr    string
	cluster *kfake.Cluster
}

// Start runs a broker on an address of loopback, host:port; port 0 picks a free
// one. Every batch is on disk before it is acknowledged.
func Start(dir, addr string) (*Broker, error) {
	_, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(port), kfake.DataDir(dir), kfake.SyncWrites(),
		kfake.AllowAutoTopicCreation(), kfake.DefaultNumPartitions(3))
	if err != nil {
		return nil, fmt.Errorf("start broker on %s: %w", addr, err)
	}
	return &Broker{Addr: cluster.ListenAddrs()[0], cluster: cluster}, nil
}

// Close ends the broker.
func (b *Broker) Close() { b.cluster.Close() }
