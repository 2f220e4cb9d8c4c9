// Package kafka reaches the Kafka cluster of the configuration.
package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

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

// reaching is how a client reaches the cluster. It fails where a file of TLS
// cannot be used.
func reaching(c config.Kafka) ([]kgo.Opt, error) {
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
