package fuzz

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// answerTimeout is how long an answer may take: longer than any wait.
const answerTimeout = 45 * time.Second

// Client sends requests byte for byte, over one connection after the other.
type Client struct {
	Address string // host:port

	conn net.Conn
	back *bufio.Reader
}

// Send sends a request and gives the answer. A connection that the server closed
// since the last answer is replaced. One that it closes on a request that HTTP may
// refuse gives no status.
func (c *Client) Send(r Request) (Answer, error) {
	used := c.conn != nil
	a, err := c.send(r)
	if err != nil && used {
		a, err = c.send(r)
	}
	if errors.Is(err, syscall.ECONNRESET) && r.Wire {
		return Answer{}, nil
	}
	if err != nil {
		err = fmt.Errorf("no answer: %w", err)
	}
	return a, err
}

func (c *Client) send(r Request) (a Answer, err error) {
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if c.conn == nil {
		if c.conn, err = net.Dial("tcp", c.Address); err != nil { //nolint:noctx // bounded by the deadline
			return a, err
		}
		c.back = bufio.NewReader(c.conn)
	}
	if err := c.conn.SetDeadline(time.Now().Add(answerTimeout)); err != nil {
		return a, err
	}
	_, failed := c.conn.Write(r.Bytes(c.Address)) // it may answer before it read all
	for {
		res, err := http.ReadResponse(c.back, &http.Request{Method: r.Method})
		if err != nil {
			return a, errors.Join(err, failed)
		}
		if res.StatusCode == http.StatusContinue {
			continue
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return a, err
		}
		a = Answer{Status: res.StatusCode, Header: res.Header, Body: body}
		if res.Close || failed != nil {
			a.Header.Set("Connection", "close") // which ReadResponse takes out
			c.Close()
		}
		return a, nil
	}
}

// Close closes the connection.
func (c *Client) Close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}
