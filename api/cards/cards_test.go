package cards_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.jetify.com/typeid"
	"pgregory.net/rapid"

	"github.com/skaldhq/skald/api/cards"
)

func TestWithin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"4242424242424242": true, "4000056655665556": true, "5555555555554444": true, "2223003122003222": true,
		"378282246310005": true, "6011111111111117": true, "30569309025904": true, "3566002020360505": true, "6200000000000005": true,
		"4222222222222": true, "6304000000000000000": true, "2200000000000004": true,
		"4242 4242 4242 4242":       true,
		"4242-4242-4242-4242 12/26": true, "12 4242 4242 4242 4242": true, "42-42 42-42 42-42 42-42": true,
		"4242 \u2013 4242\u00a04242\n4242": true, "42424242\u200b42424242": true, "４２４２４２４２４２４２４２４２": true,
		"pm_4242424242424242": true, "x4242424242424242y": true, "card:4242424242424242,": true, "0000004242424242424242": true,
		"4242.4242.4242.4242": true, "4242/4242/4242/4242": true, "4242_4242_4242_4242 12/26": true, "3782/822463/10005": true,

		"": false, "pm_card_visa": false,
		"4242424242424241":                     false, // the check digit
		"1234567890123452":                     false, // nobody issues these
		"424242424242":                         false, // too short
		"42424242424242424242":                 false, // too long
		"4242,4242,4242,4242":                  false, // four numbers
		"42.42.42.42.42.42.42.42":              false, // as on no card
		"4006381333931":                        false, // articles
		"5449000000996":                        false,
		"5901234123457":                        false,
		"356938035643809":                      false, // a telephone
		"ord_01k9m2v6y7e4p8s0t2w4x6z8ab":       false,
		"2026-11-21T18:05:41.4242424242Z":      false,
		"1763748341000000":                     false, // a time in microseconds
		"42424242-4242-4242-8242-424242424242": false,
	} {
		require.Equal(t, want, cards.Within(text), "%q", text)
	}
}

// number generates card numbers of every network, with the right check digit.
func number() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		begin := rapid.SampledFrom([]string{"4", "51", "55", "50", "58", "63", "34", "37", "36", "38", "300", "3528", "6011", "65", "62", "2221", "2720", "2200"}).Draw(t, "network")
		length := rapid.SampledFrom(lengths(begin)).Draw(t, "length")
		body := begin + rapid.StringOfN(rapid.RuneFrom([]rune("0123456789")), length-1-len(begin), length-1-len(begin), -1).Draw(t, "digits")
		sum := 0
		for i, d := range body {
			n := int(d - '0')
			if (length-i)%2 == 0 {
				if n *= 2; n > 9 {
					n -= 9
				}
			}
			sum += n
		}
		return fmt.Sprint(body, (10-sum%10)%10)
	})
}

// lengths are those of the numbers that begin so.
func lengths(begin string) []int {
	switch {
	case begin[0] == '5' && begin[1] <= '5' && begin[1] >= '1', begin == "2221", begin == "2720":
		return []int{16}
	case begin == "34", begin == "37":
		return []int{15}
	case begin[0] == '3' && begin[1] != '5':
		return []int{14, 16, 19}
	default:
		return []int{16, 18, 19}
	}
}

// grouped writes a number in groups.
func grouped(t *rapid.T, number string) string {
	size := rapid.IntRange(1, 19).Draw(t, "group")
	separator := rapid.SampledFrom([]string{"", " ", "-", " - ", "\u00a0", "\u2013", "\t"}).Draw(t, "separator")
	var b strings.Builder
	for i, d := range number {
		if i > 0 && i%size == 0 {
			b.WriteString(separator)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// TestEveryNumberIsFound: in any text.
func TestEveryNumberIsFound(t *testing.T) {
	t.Parallel()
	before := rapid.SampledFrom([]string{"", "x", "pm_", "card ", "12 ", "/", "\"", "日本", "+", "000", "ord_01k9m2v6y7e4p8s0t2w4x6z8ab "})
	after := rapid.SampledFrom([]string{"", "y", "_", ".", " 12", " 12/26 123", "/", "\"", "日本", "&", "-\t"})
	rapid.Check(t, func(t *rapid.T) {
		text := before.Draw(t, "before") + grouped(t, number().Draw(t, "number")) + after.Draw(t, "after")
		if !cards.Within(text) {
			t.Fatalf("%q is not found", text)
		}
	})
}

// TestOursAreNoNumbers: nothing that the platform makes itself reads as a card
// number.
func TestOursAreNoNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var u uuid.UUID
		copy(u[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "uuid"))
		u[6], u[8] = u[6]&0x0f|byte(rapid.SampledFrom([]int{4, 7, 8}).Draw(t, "version"))<<4, u[8]&0x3f|0x80
		id, err := typeid.FromUUIDBytesWithPrefix(rapid.SampledFrom([]string{"ord", "usr", "prd", "rfd"}).Draw(t, "prefix"), u[:])
		if err != nil {
			t.Fatal(err)
		}
		at := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "time")).In(time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600))
		sum := sha256.Sum256(u[:])
		amount := rapid.Int64Range(0, 1e12).Draw(t, "amount")
		for _, text := range []string{
			u.String(), strings.ReplaceAll(u.String(), "-", ""), id.String(), "order/" + id.String(), at.Format(time.RFC3339Nano),
			hex.EncodeToString(sum[:]), fmt.Sprint(amount),
			fmt.Sprintf(`{"id":%q,"at":%q,"total":{"amount":%d},"key":"%s:capture"}`, id, at.Format(time.RFC3339Nano), amount, id),
		} {
			if cards.Within(text) {
				t.Fatalf("%q is taken for a card number", text)
			}
		}
	})
}
