package private_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/skaldhq/skald/api/private"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ada@example.com", "ask <Ada.L+shop@mail.example.co.uk>, please", "mailto:a@b.de", "A_1@x-y.org", "김철수@예시.한국", "δοκιμή@παράδειγμα.δοκιμή", "ada＠example.com", "ada@例え。テスト"} {
		require.True(t, private.Address(text), text)
	}
	for _, text := range []string{"", "@", "2 @ 3.50", "reply @ada", "a@b", "user@localhost", "cups@", "사과 ＠ 3.50", "@예시.한국", "3 kg@shelf 4", "ord_01k9m2v6y7e4p8s0t2w4x6z8ab"} {
		require.False(t, private.Address(text), text)
	}
}

func TestCredential(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"skald_E4Nu6KD2FfqSNvEgp93scLwbqTqQtfywumSo7jP1QGc", "with sk_live_4eC39HqLyjWD", "rk_test_51HqLyjWDx", "whsec_0123456789abcdef",
		"pi_3MtwBwLkdIwHu7ix28a3tqPa_secret_YrKJUKribcBjcG8HVhfZluoGH", "seti_1Mm8s8_secret_NXDICkPqPeiBTAFqWmkbff09",
		"Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln",
	} {
		require.True(t, private.Credential(text), text)
	}
	for _, text := range []string{
		"", "skald_", "the_secret_garden", "a_secret_of ours", "ask_live_support", "the skald_order of old", "pm_card_visa", "eyJ", "task_test_1", "key_01k9m2v6y7e4p8s0t2w4x6z8ab", "eyjafjallajokull",
	} {
		require.False(t, private.Credential(text), text)
	}
}
