// Package text is what people write, as far as Postgres can keep it.
package text

import (
	"strings"
	"unicode/utf8"
)

// Keepable reports whether Postgres can keep s as text: it is UTF-8 and has no NUL.
func Keepable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
