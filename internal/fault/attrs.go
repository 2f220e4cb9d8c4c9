package fault

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"syscall"
)

// Attrs is what a log tells of a failure: the kind and code of its fault, and its
// causes. The text of an error that is not ours may hold what the
// client sent (a driver quotes the value that it cannot read), so of such an
// error only its type is told, and what it can say without text: a SQLSTATE, or what
// its LogText gives.
func Attrs(err error) []slog.Attr {
	f := From(err)
	return []slog.Attr{
		slog.String("kind", string(f.Kind)), slog.String("code", f.Code), slog.String("cause", strings.Join(causes(err), ": ")),
	}
}

// causes names the errors of a chain, from the outer one to the root.
func causes(err error) []string {
	if err == nil {
		return nil
	}
	var named []string
	if name := cause(err); name != "" {
		named = append(named, name)
	}
	switch e := err.(type) { //nolint:errorlint // this is what walks the chain
	case interface{ Unwrap() error }:
		named = append(named, causes(e.Unwrap())...)
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			named = append(named, causes(inner)...)
		}
	}
	return slices.Compact(named)
}

// cause names one error of a chain; what only wraps has no name.
func cause(err error) string {
	switch e := err.(type) { //nolint:errorlint // one error, not its chain
	case *Error:
		return e.Code // its message says no more
	case syscall.Errno:
		return e.Error() // a text of the system's
	case interface{ LogText() string }: // made for logs
		return e.LogText()
	case interface{ SQLState() string }:
		return fmt.Sprintf("%T %s", e, e.SQLState())
	}
	if slices.ContainsFunc(fixedTexts(), func(known error) bool { return err == known }) { //nolint:errorlint // one error, not its chain
		return err.Error()
	}
	name := fmt.Sprintf("%T", err)
	if slices.Contains([]string{"*fmt.wrapError", "*fmt.wrapErrors", "*errors.joinError"}, name) {
		return ""
	}
	return name
}

// fixedTexts are errors whose text is a constant of the standard library.
func fixedTexts() []error {
	return []error{context.DeadlineExceeded, context.Canceled, io.EOF, io.ErrUnexpectedEOF, errors.ErrUnsupported}
}
