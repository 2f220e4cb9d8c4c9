package letters_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/internal/money"
	"github.com/skaldhq/skald/services/notification"
	"github.com/skaldhq/skald/services/notification/letters"
)

// TestLetters: every type in every language reads as it was approved. Run it with
// SKALD_UPDATE=1 to see what a change does, and read the difference.
func TestLetters(t *testing.T) {
	t.Parallel()
	update := os.Getenv("SKALD_UPDATE") == "1"
	l, err := letters.New()
	require.NoError(t, err)
	total := map[string]money.Money{"en": money.New(2900, "EUR"), "ko": money.New(1234567, "KRW")}
	for _, locale := range []string{"en", "ko"} {
		for _, kind := range notification.Types() {
			due := notification.Due{Amount: total[locale], Notification: notification.Notification{Type: kind, OrderID: "ord_01k9m2v6y7e4p8s0t2w4x6z8ab"}}
			url := ""
			switch kind {
			case notification.PaymentActionRequired:
				url = "https://psp.example/confirm?intent=pi_1&secret=s"
			case notification.OrderRejected:
				due.Cause = "payment_declined"
			default:
			}
			letter, err := l.Write(due, notification.Recipient{Name: "Ada <b>Lovelace</b>", Locale: locale}, url)
			require.NoError(t, err)
			require.Equal(t, locale, letter.Locale)
			whole := "Subject: " + letter.Subject + "\n\n" + letter.Text + "\n" + letter.HTML
			require.NotContains(t, letter.HTML, "<b>")
			require.Equal(t, url != "", strings.Contains(letter.HTML, "<a href="), "only who has to act gets a link")
			file := filepath.Join("testdata", string(kind)+"."+locale)
			if update {
				require.NoError(t, os.WriteFile(file, []byte(whole), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, string(want), whole, file)
		}
	}
}

// TestLanguages: whoever reads none of the languages gets English.
func TestLanguages(t *testing.T) {
	t.Parallel()
	l, err := letters.New()
	require.NoError(t, err)
	for locale, want := range map[string]string{"en": "en", "en-GB": "en", "ko": "ko", "ko-KR": "ko", "ko-Kore-KP": "ko", "de-AT": "en", "": "en", "no tag": "en"} {
		letter, err := l.Write(notification.Due{Notification: notification.Notification{Type: notification.OrderConfirmed}}, notification.Recipient{Locale: locale}, "")
		require.NoError(t, err)
		require.Equal(t, want, letter.Locale, locale)
	}
	_, err = l.Write(notification.Due{Notification: notification.Notification{Type: "order.invented"}}, notification.Recipient{}, "")
	require.Error(t, err)
}

// TestAmounts: money is written with the decimals of its currency.
func TestAmounts(t *testing.T) {
	t.Parallel()
	l, err := letters.New()
	require.NoError(t, err)
	for want, m := range map[string]money.Money{
		"€29.00 was": money.New(2900, "EUR"), "€0.05 was": money.New(5, "EUR"), "₩1,234,567 was": money.New(1234567, "KRW"), "¥500 was": money.New(500, "JPY"),
		"CHF\u00a01,000.10 was": money.New(100010, "CHF"), "KWD\u00a01.234 was": money.New(1234, "KWD"), "€90,071,992,547,409.91 was": money.New(1<<53-1, "EUR"),
		"confirmed.": {},
	} {
		letter, err := l.Write(notification.Due{Amount: m, Notification: notification.Notification{Type: notification.OrderConfirmed}}, notification.Recipient{Locale: "en"}, "")
		require.NoError(t, err)
		require.Contains(t, letter.Text, want)
	}
}

// TestReasons: a customer is told why, as far as that is theirs to know.
func TestReasons(t *testing.T) {
	t.Parallel()
	l, err := letters.New()
	require.NoError(t, err)
	said := map[string]bool{}
	for _, cause := range []string{"payment_declined", "payment_action_timeout", "insufficient_stock", "product_not_found", "user_inactive", "fraud_suspected"} {
		for _, locale := range []string{"en", "ko"} {
			letter, err := l.Write(notification.Due{Cause: cause, Notification: notification.Notification{Type: notification.OrderRejected}}, notification.Recipient{Locale: locale}, "")
			require.NoError(t, err)
			require.NotContains(t, letter.Text, cause)
			said[letter.Text] = true
		}
	}
	require.Len(t, said, 12)
}
