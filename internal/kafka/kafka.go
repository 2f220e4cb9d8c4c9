// Package kafka reaches the Kafka cluster of the configuration.
package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/skaldhq/skald/internal/config"
)

const (
	// clientID is what brokers see of the platform in their logs and quotas.
	clientID = "skald"
	// dialTimeout bounds what a broker that answers nothing holds up.
	dialTimeout = 5 * time.Second
)

// Options are how a client reaches the cluster. They fail where a file of TLS
// cannot be used.
func Options(c config.Kafka) ([]kgo.Opt, error) {
	options := []kgo.Opt{kgo.SeedBrokers(c.Brokers...), kgo.ClientID(clientID), kgo.DialTimeout(dialTimeout)}
	if c.TLS.Enabled {
		secure, err := secure(c.TLS)
		if err != nil {
			return nil, err
		}
		options = append(options, kgo.DialTLSConfig(secure))
	}
	switch user, password := c.SASL.User, string(c.SASL.Password); c.SASL.Mechanism {
	case config.SASLPlain:
		options = append(options, kgo.SASL(plain.Auth{User: user, Pass: password}.AsMechanism()))
	case config.SASLScramSHA256:
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha256Mechanism()))
	case config.SASLScramSHA512:
		options = append(options, kgo.SASL(scram.Auth{User: user, Pass: password}.AsSha512Mechanism()))
	}
	return options, nil
}

func secure(c config.KafkaTLS) (*tls.Config, error) {
	secure := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CA != "" {
		pem, err := os.ReadFile(c.CA)
		if err != nil {
			return nil, fmt.Errorf("read the authorities of Kafka's brokers: %w", err)
		}
		secure.RootCAs = x509.NewCertPool()
		if !secure.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("the file of the authorities of Kafka's brokers holds no certificate: mend SKALD_KAFKA_TLS_CA_FILE")
		}
	}
	if c.Cert != "" {
		own, err := tls.LoadX509KeyPair(c.Cert, c.Key)
		if err != nil {
			return nil, fmt.Errorf("read the certificate for Kafka: %w", err)
		}
		secure.Certificates = []tls.Certificate{own}
	}
	return secure, nil
}

// Producer produces to topics that it makes first, where the configuration says
// so. Brokers know what they have taken before; all replicas in sync have it then.
type Producer struct {
	client *kgo.Client
	wanted config.Topics
	topics []string
	made   atomic.Bool
}

// NewProducer returns a producer for the topics. It does not wait for brokers:
// none of them need be there yet.
func NewProducer(c config.Kafka, topics ...string) (*Producer, error) {
	options, err := Options(c)
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(options,
		kgo.ProducerLinger(0), // who produces waits
		// Whoever stops waiting for a record produces it again, under the same id.
		kgo.AllowIdempotentProduceCancellation(),
	)...)
	if err != nil {
		return nil, fmt.Errorf("connect to Kafka: %w", err)
	}
	p := &Producer{client: client, wanted: c.Topics, topics: topics}
	p.made.Store(!c.Topics.Create)
	return p, nil
}

// ProduceSync returns when every record is safe or has failed.
func (p *Producer) ProduceSync(ctx context.Context, records ...*kgo.Record) kgo.ProduceResults {
	if err := p.makeTopics(ctx); err != nil {
		results := make(kgo.ProduceResults, len(records))
		for i, record := range records {
			results[i] = kgo.ProduceResult{Record: record, Err: err}
		}
		return results
	}
	return p.client.ProduceSync(ctx, records...)
}

// Close ends the connections. What was not safe yet fails.
func (p *Producer) Close() { p.client.Close() }

// makeTopics makes the topics that are missing. Nobody waits for another who does.
func (p *Producer) makeTopics(ctx context.Context) error {
	if p.made.Load() {
		return nil
	}
	made, err := kadm.NewClient(p.client).CreateTopics(ctx, p.wanted.Partitions, p.wanted.Replication, nil, p.topics...)
	if err != nil {
		return fmt.Errorf("make topics: %w", err)
	}
	for _, topic := range made.Sorted() {
		if topic.Err != nil && !errors.Is(topic.Err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("make topic %s: %w", topic.Topic, topic.Err)
		}
	}
	p.made.Store(true)
	return nil
}
