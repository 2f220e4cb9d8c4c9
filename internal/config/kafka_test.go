package config_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/config"
)

// TestKafka: each thing that cannot be is told in a sentence that says what to do.
func TestKafka(t *testing.T) {
	t.Parallel()
	full := config.Kafka{
		Brokers: []string{"kafka-1:9092", "[::1]:9092"}, TLS: config.KafkaTLS{Enabled: true, Cert: "cert.pem", Key: "key.pem"},
		SASL:   config.KafkaSASL{Mechanism: config.SASLPlain, User: "skald", Password: "hidden"},
		Topics: config.Topics{Create: true, Partitions: -1, Replication: 3},
	}
	require.NoError(t, full.Possible())
	require.NoError(t, config.Kafka{}.Possible(), "events wait")
	for says, spoil := range map[string]func(*config.Kafka){
		"SKALD_KAFKA_BROKERS":                          func(k *config.Kafka) { k.Brokers = []string{"kafka-1"} },
		"set SKALD_KAFKA_TLS_ENABLED too":              func(k *config.Kafka) { k.TLS.Enabled = false },
		"SKALD_KAFKA_TLS_KEY_FILE":                     func(k *config.Kafka) { k.TLS.Key = "" },
		"told to nobody: set":                          func(k *config.Kafka) { k.SASL.Mechanism = "" },
		"no such way to log in":                        func(k *config.Kafka) { k.SASL.Mechanism = "GSSAPI" },
		"SKALD_KAFKA_SASL_PASSWORD":                    func(k *config.Kafka) { k.SASL.Password = "" },
		"PLAIN shows the password":                     func(k *config.Kafka) { k.TLS = config.KafkaTLS{} },
		"SKALD_KAFKA_TOPICS_PARTITIONS":                func(k *config.Kafka) { k.Topics.Partitions = 0 },
		"replicas, 1 or more, or -1 for what the clus": func(k *config.Kafka) { k.Topics.Replication = -2 },
	} {
		k := full
		spoil(&k)
		require.ErrorContains(t, k.Possible(), says)
		c := complete()
		c.Kafka = k
		require.ErrorContains(t, c.Validate("order"), says)
	}
}
