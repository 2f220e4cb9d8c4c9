package psp

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// journal is a file of JSON lines, each written with one call before its effect
// is told to anyone. That survives a kill of the process; it is not synced, so
// not a crash of the machine.
type journal struct {
	mu   sync.Mutex
	file *os.File // nil: closed
	size int64    // of the whole lines
}

var errClosed = errors.New("the journal is closed")

// openJournal reads the journal of a directory line by line and opens it for
// more. A last line that was not written whole is cut off: nobody was told.
func openJournal(dir string, replay func(record)) (*journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, "journal.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	var whole int64
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		var r record
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, errors.Join(fmt.Errorf("byte %d: %w", whole, err), file.Close())
		}
		replay(r)
		whole += int64(len(line))
	}
	if err := file.Truncate(whole); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &journal{file: file, size: whole}, nil
}

func (j *journal) append(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.file == nil {
		return errClosed
	}
	if _, err := j.file.WriteAt(line, j.size); err != nil {
		return errors.Join(err, j.file.Truncate(j.size)) // no torn line before the next
	}
	j.size += int64(len(line))
	return nil
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	file := j.file
	j.file = nil
	if file == nil {
		return nil
	}
	return file.Close()
}
