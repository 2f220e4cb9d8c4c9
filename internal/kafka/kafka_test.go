package kafka_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/kafka"
)

const (
	topic  = "events"
	secret = "hidden"
)

// Who is let in has patience; whoever is not tries again and again.
const (
	patience   = time.Minute
	impatience = time.Second
)

// produce tries to produce a record.
func produce(t *testing.T, c config.Kafka, within time.Duration) error {
	t.Helper()
	p, err := kafka.NewProducer(c, topic)
	require.NoError(t, err)
	defer p.Close()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return p.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("x")}).FirstErr()
}

func start(t *testing.T, options ...kfake.Opt) []string {
	t.Helper()
	c, err := kfake.NewCluster(append(options, kfake.NumBrokers(1))...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c.ListenAddrs()
}

func topics() config.Topics { return config.Topics{Create: true, Partitions: 2, Replication: 1} }

// TestSecured: a cluster that wants TLS, certificates and passwords has them by the
// configuration, and who shows others gets nowhere.
func TestSecured(t *testing.T) {
	t.Parallel()
	ca := newAuthority(t)
	brokers := start(t, kfake.TLS(ca.broker(t)), kfake.EnableSASL(), kfake.Superuser(config.SASLPlain, "plain", secret),
		kfake.Superuser(config.SASLScramSHA256, "scram256", secret), kfake.Superuser(config.SASLScramSHA512, "scram512", secret))
	cert, key := ca.signed(t, "client")
	all := map[string]config.KafkaSASL{}
	for user, mechanism := range map[string]string{"plain": config.SASLPlain, "scram256": config.SASLScramSHA256, "scram512": config.SASLScramSHA512} {
		all[user] = config.KafkaSASL{Mechanism: mechanism, User: user, Password: secret}
	}
	trusting := config.KafkaTLS{Enabled: true, CA: ca.file, Cert: cert, Key: key}
	for user, as := range all {
		c := config.Kafka{Brokers: brokers, TLS: trusting, SASL: as, Topics: topics()}
		require.NoError(t, c.Possible())
		require.NoError(t, produce(t, c, patience), user)
		c.SASL.Password = "wrong"
		require.Error(t, produce(t, c, impatience), user)
	}
	for name, tls := range map[string]config.KafkaTLS{
		"an unknown broker": {Enabled: true, CA: newAuthority(t).file, Cert: cert, Key: key},
		"an unknown client": {Enabled: true, CA: ca.file},
		"no TLS":            {},
	} {
		require.Error(t, produce(t, config.Kafka{Brokers: brokers, TLS: tls, SASL: all["scram512"], Topics: topics()}, impatience), name)
	}
}

// TestTopics: topics are made once and only where that is wanted.
func TestTopics(t *testing.T) {
	t.Parallel()
	brokers := start(t)
	require.ErrorIs(t, produce(t, config.Kafka{Brokers: brokers}, patience), kerr.UnknownTopicOrPartition)
	for range 2 {
		require.NoError(t, produce(t, config.Kafka{Brokers: brokers, Topics: topics()}, patience))
	}
	require.ErrorIs(t, produce(t, config.Kafka{Brokers: start(t), Topics: config.Topics{Create: true, Partitions: 1, Replication: 3}}, patience),
		kerr.InvalidReplicationFactor)
}

// TestFiles: a file of TLS that is of no use is told at once.
func TestFiles(t *testing.T) {
	t.Parallel()
	cert, key := newAuthority(t).signed(t, "client")
	for says, tls := range map[string]config.KafkaTLS{
		"no such file":            {Enabled: true, CA: "missing.pem"},
		"SKALD_KAFKA_TLS_CA_FILE": {Enabled: true, CA: key},
		"read the certificate":    {Enabled: true, Cert: key, Key: cert},
	} {
		_, err := kafka.NewProducer(config.Kafka{Brokers: []string{"127.0.0.1:1"}, TLS: tls}, topic)
		require.ErrorContains(t, err, says)
	}
}
