package notification

import (
	"strings"
	"unicode/utf8"
)

const MaxPage = 100

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }
