// Package mailsink is a mail server in this process that keeps what it is sent, for
// people and tests to read. It keeps a mail of one Message-ID once, which few mail
// servers do; its journal tells how often each was handed over.
package mailsink

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/skaldhq/skald/internal/devstack/file"
)

const (
	// maxMessage bounds a mail, in bytes.
	maxMessage = 1 << 20
	// idleTimeout ends a connection on which nothing is said.
	idleTimeout = time.Minute
	journalName = "deliveries.jsonl"
)

// Delivery is that a mail was handed over.
type Delivery struct {
	At        time.Time `json:"at"`
	MessageID string    `json:"message_id"`
	To        []string  `json:"to"`
	Subject   string    `json:"subject"` // decoded by nobody
	Repeated  bool      `json:"repeated"`
}

// Sink is a running mail server.
type Sink struct {
	Addr   string
	dir    string
	server *smtp.Server

	mu      sync.Mutex
	journal *os.File
	known   map[string]bool // Message-IDs that were delivered
}

// Start runs a mail server on an address, host:port; port 0 picks a free one. Mails
// are files in dir, whole once their sender is answered; what an earlier sink has
// delivered there it knows.
func Start(dir, addr string) (*Sink, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start mail sink: %w", err)
	}
	deliveries, err := Deliveries(dir)
	if err != nil {
		return nil, err
	}
	s := &Sink{dir: dir, known: map[string]bool{}}
	for _, d := range deliveries {
		s.known[d.MessageID] = true
	}
	if s.journal, err = os.OpenFile(filepath.Join(dir, journalName), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("start mail sink: %w", err)
	}
	listener, err := net.Listen("tcp", addr) //nolint:noctx // closed by Close
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start mail sink on %s: %w", addr, err), s.journal.Close())
	}
	s.Addr = listener.Addr().String()
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{sink: s}, nil }))
	s.server.Domain, s.server.MaxMessageBytes = "localhost", maxMessage
	s.server.ReadTimeout, s.server.WriteTimeout = idleTimeout, idleTimeout
	go func() { _ = s.server.Serve(listener) }() // ends with Close
	return s, nil
}

// Close ends the server, and what is being handed over.
func (s *Sink) Close() error { return errors.Join(s.server.Close(), s.journal.Close()) }

// Deliveries reads the journal of a sink's directory: every mail that was handed over,
// each as often as it was. There are none where nobody was ever sent one.
func Deliveries(dir string) (all []Delivery, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, journalName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read mail: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(raw)); lines.Scan(); {
		var d Delivery
		if json.Unmarshal(lines.Bytes(), &d) == nil { // a last line that was cut was acknowledged to nobody
			all = append(all, d)
		}
	}
	return all, nil
}

// File is where a sink's directory holds the mail of a Message-ID.
func File(dir, messageID string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:<>`, r) || r < ' ' {
			return '_'
		}
		return r
	}, strings.Trim(messageID, "<>"))
	return filepath.Join(dir, clean+".eml")
}

// take delivers a mail, or knows it.
func (s *Sink) take(to []string, raw []byte) error {
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil || parsed.Header.Get("Message-Id") == "" {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "not a mail with a Message-ID"}
	}
	d := Delivery{At: time.Now().UTC(), MessageID: parsed.Header.Get("Message-Id"), To: to, Subject: parsed.Header.Get("Subject")}
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.Repeated = s.known[d.MessageID]; !d.Repeated {
		if err := file.Replace(File(s.dir, d.MessageID), raw); err != nil {
			return err
		}
	}
	line, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if _, err := s.journal.Write(append(line, '\n')); err != nil {
		return err
	}
	s.known[d.MessageID] = true
	return nil
}

// session is a mail that is being handed over.
type session struct {
	sink *Sink
	to   []string
}

func (s *session) Reset() { s.to = nil }

func (s *session) Logout() error { return nil }

func (s *session) Mail(string, *smtp.MailOptions) error { return nil }

// refused marks addresses that the sink takes no mail for, so that it can be seen what
// becomes of such mail.
const refused = "@refused.example"

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasSuffix(to, refused) {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such mailbox"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return s.sink.take(s.to, raw)
}
