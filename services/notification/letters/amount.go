package letters

import (
	"math"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/currency"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/skaldhq/skald/internal/money"
)

// amount writes money as people of a language do: €29.00, ₩29,000, CHF 29.00. No
// money is no text. It is exact up to 2^53 minor units.
func amount(in language.Tag, m money.Money) string {
	unit, err := currency.ParseISO(m.Currency)
	if err != nil {
		return ""
	}
	decimals, _ := currency.Standard.Rounding(unit)
	p := message.NewPrinter(in)
	symbol := p.Sprint(currency.Symbol(unit))
	if last, _ := utf8.DecodeLastRuneInString(symbol); unicode.IsLetter(last) {
		symbol += "\u00a0" // a code would run into the number
	}
	return symbol + p.Sprint(number.Decimal(float64(m.Amount)/math.Pow10(decimals), number.Scale(decimals)))
}
