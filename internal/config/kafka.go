package config

import (
	"errors"
	"fmt"
)

// Kafka is the cluster that events are published to. Without brokers they wait in
// the outboxes.
type Kafka struct {
	Brokers []string  `help:"Brokers of the Kafka cluster, host:port; none: events are not published." env:"BROKERS" json:"brokers"`
	TLS     KafkaTLS  `embed:"" prefix:"tls-" envprefix:"TLS_" json:"tls"`
	SASL    KafkaSASL `embed:"" prefix:"sasl-" envprefix:"SASL_" json:"sasl"`
	Topics  Topics    `embed:"" prefix:"topics-" envprefix:"TOPICS_" json:"topics"`
}

// KafkaTLS is how the brokers are known, and this process to them.
type KafkaTLS struct {
	Enabled bool   `help:"Speak TLS to the brokers." env:"ENABLED" json:"enabled"`
	CA      string `name:"ca-file" help:"PEM file of the authorities that the brokers' certificates are by; the system's if not given." env:"CA_FILE" json:"ca_file"`
	Cert    string `name:"cert-file" help:"PEM file of this process's certificate." env:"CERT_FILE" json:"cert_file"`
	Key     string `name:"key-file" help:"PEM file of that certificate's key." env:"KEY_FILE" json:"key_file"`
}

// KafkaSASL is who this process is to the brokers.
type KafkaSASL struct {
	Mechanism string `help:"PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; none: nobody is asked for." env:"MECHANISM" json:"mechanism"`
	User      string `help:"User name at the brokers." env:"USER" json:"user"`
	Password  Secret `help:"Password at the brokers." env:"PASSWORD" json:"password"`
}

// The SASL mechanisms.
const (
	SASLPlain       = "PLAIN"
	SASLScramSHA256 = "SCRAM-SHA-256"
	SASLScramSHA512 = "SCRAM-SHA-512"
)

// Topics is how topics are made that are missing.
type Topics struct {
	Create      bool  `help:"Make the topics that are missing." env:"CREATE" json:"create"`
	Partitions  int32 `help:"Partitions of a topic that is made; -1: as the cluster has it." default:"-1" env:"PARTITIONS" json:"partitions"`
	Replication int16 `help:"Replicas of a topic that is made; -1: as the cluster has it." default:"-1" env:"REPLICATION" json:"replication"`
}

// Possible tells in one sentence each what of the Kafka cluster cannot be.
func (k Kafka) Possible() error {
	if len(k.Brokers) == 0 {
		return nil
	}
	var faults []error
	for _, broker := range k.Brokers {
		if !isHostPort(broker) {
			faults = append(faults, fmt.Errorf("the Kafka broker %q is not of the form host:port: mend SKALD_KAFKA_BROKERS", broker))
		}
	}
	t, s := k.TLS, k.SASL
	if !t.Enabled && t != (KafkaTLS{}) {
		faults = append(faults, errors.New("the files of Kafka's TLS are of no use without it: set SKALD_KAFKA_TLS_ENABLED too"))
	}
	if (t.Cert == "") != (t.Key == "") {
		faults = append(faults, errors.New("a certificate and its key go together: set SKALD_KAFKA_TLS_CERT_FILE and SKALD_KAFKA_TLS_KEY_FILE, or neither"))
	}
	switch s.Mechanism {
	case "":
		if s != (KafkaSASL{}) {
			faults = append(faults, errors.New("Kafka's user is told to nobody: set SKALD_KAFKA_SASL_MECHANISM to PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")) //nolint:staticcheck // a name
		}
	case SASLPlain, SASLScramSHA256, SASLScramSHA512:
		if s.User == "" || s.Password == "" {
			faults = append(faults, errors.New("nobody can log in at Kafka without a name: set SKALD_KAFKA_SASL_USER and SKALD_KAFKA_SASL_PASSWORD"))
		}
		if s.Mechanism == SASLPlain && !t.Enabled {
			faults = append(faults, errors.New("PLAIN shows the password to whoever listens: set SKALD_KAFKA_TLS_ENABLED, or SKALD_KAFKA_SASL_MECHANISM to SCRAM-SHA-512"))
		}
	default:
		faults = append(faults, errors.New("there is no such way to log in at Kafka: set SKALD_KAFKA_SASL_MECHANISM to PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"))
	}
	if tp := k.Topics; tp.Create && (!given(int64(tp.Partitions)) || !given(int64(tp.Replication))) {
		faults = append(faults, errors.New("a topic needs partitions and replicas, 1 or more, or -1 for what the cluster has: mend SKALD_KAFKA_TOPICS_PARTITIONS or SKALD_KAFKA_TOPICS_REPLICATION"))
	}
	return errors.Join(faults...)
}

// given tells whether a number of a topic can be: some, or as the cluster has it.
func given(n int64) bool { return n > 0 || n == -1 }
