package main

const (
	paymentPG    = "./services/payment/paymentpg"
	permutations = "./test/permutation"
)

func money() []bug {
	const (
		record = "services/payment/paymentpg/record.go"
		refund = "services/payment/paymentpg/refund.go"
	)
	return []bug{
		{
			name: "Refund's key made up for each attempt", invariant: "at most one refund for each id (M2)",
			file: "services/payment/request.go", pkg: paymentPG, test: "TestStore/refunds",
			edits: []edit{{"return key(orderID, string(OpRefund)+\":\"+refundID, 0)", "return key(orderID, fmt.Sprintf(\"%s:%p\", OpRefund, new(int)), 0)"}},
		},
		{
			name: "Refund not looked for before it is done again", invariant: "unknown: ask before acting again (M2)",
			file: refund, pkg: paymentPG, test: "TestRefundWhoseKeyIsForgotten",
			edits: []edit{{"\tif again {\n", "\tif again && refund.ProviderKey == \"\" {\n"}},
		},
		{
			name: "Effect that was learned late not booked", invariant: "the ledger equals the provider's log (M5)",
			file: record, pkg: permutations, test: "TestLostStatements/payment",
			edits: []edit{{"return []string{authorize, void}", "return []string{void}"}},
		},
		{
			name: "Refund not booked", invariant: "the ledger equals the provider's log (M5)",
			file: refund, pkg: paymentPG, test: "TestStore/refunds",
			edits: []edit{{"\treturn q.BookRefund(ctx, paymentdb.BookRefundParams{OrderID: refund.OrderID, RefundID: refund.ID, Amount: amount})\n", "\treturn nil\n"}},
		},
		{
			name: "Refund not set aside before the provider is called", invariant: "refunds never exceed the capture (M2)",
			file: "db/payment/refunds.sql.go", pkg: paymentPG, test: "TestStore/refunds_at_once",
			edits: []edit{{"UPDATE payments SET refunding = refunding + $1::bigint,", "UPDATE payments SET refunding = refunding + 0 * $1::bigint,"}},
		},
		{
			name: "Void does not bar", invariant: "nothing is held after its void (M2, M4)",
			file: "services/payment/paymentpg/void.go", pkg: permutations, test: "TestPayment",
			edits: []edit{{"return true, q.BarPayment(ctx, orderID)", "return true, nil"}},
		},
		{
			name: "Capture without its guard", invariant: "never both voided and captured (M2)",
			file: "db/payment/payments.sql.go", pkg: paymentPG, test: "TestStatementsSeeWhatTheyWaitedFor",
			edits: []edit{{"AND status = 'authorized' AND NOT barred", "AND status = 'authorized'"}},
		},
		{
			name: "Commit without an answer taken for none", invariant: "a commit without an answer is unknown (G8)",
			file: "internal/pg/pg.go", pkg: paymentPG, test: "TestRefundCommits",
			edits: []edit{{"\t\treturn errUnknown.Because(err)\n\t}\n\treturn nil\n", "\t\treturn errUnavailable.Because(err)\n\t}\n\treturn nil\n"}},
		},
	}
}
