package main

const orderPG = "./services/order/orderpg"

func orders() []bug {
	const (
		queries = "db/order/orders.sql.go"
		refunds = "services/order/orderpg/refunds.go"
	)
	return []bug{
		{
			name: "Outbox outside the transaction", invariant: "one event for each version (E1)",
			file: queries, pkg: permutations, test: "TestLostStatements/order",
			edits: []edit{
				{"    FROM moved\n)\nSELECT moved.id,", "    FROM moved WHERE false\n)\nSELECT moved.id,"},
				{
					"\t\t&i.CancelRefusal,\n\t\t&i.Items,\n\t)\n\treturn i, err\n",
					"\t\t&i.CancelRefusal,\n\t\t&i.Items,\n\t)\n\tif err == nil {\n\t\t_, err = q.db.Exec(ctx, \"INSERT INTO outbox (aggregate_id, version, type, payload) VALUES ($1, $2, 'order.' || $3::text, jsonb_build_object('status', $3::text))\", i.ID, i.Version, i.Status)\n\t}\n\treturn i, err\n",
				},
			},
		},
		{
			name: "Terminal state left", invariant: "a terminal state is permanent (G3)",
			file: "services/order/status.go", pkg: orderPG, test: "TestGuardAgrees",
			edits: []edit{{"return []Status{Pending, AwaitingPayment}\n", "return []Status{Pending, AwaitingPayment, Confirmed}\n"}},
		},
		{
			name: "Transition without its guard", invariant: "only legal transitions, versions without a gap (G3)",
			file: queries, pkg: orderPG, test: "TestStore/transitions",
			edits: []edit{{"WHERE id = $12::uuid AND status = ANY ($13::text[])", "WHERE id = $12::uuid AND (status = ANY ($13::text[]) OR true)"}},
		},
		{
			name: "Idempotency key answers any body", invariant: "same key and other body: no effect (G2)",
			file: "services/order/orderpg/store.go", pkg: orderPG, test: "TestStore/idempotency",
			edits: []edit{{"!bytes.Equal(claim.RequestHash, params.RequestHash)", "!bytes.Equal(claim.RequestHash, claim.RequestHash)"}},
		},
		{
			name: "Refund that was undone is taken", invariant: "a do that arrives after its undo is refused for good",
			file: refunds, pkg: orderPG, test: "TestStore/refund_tombstones",
			edits: []edit{{"\t\treturn false, order.ErrRefundUndone\n", "\t\treturn false, nil\n"}},
		},
		{
			name: "Late mark overwrites a newer one", invariant: "the order's state agrees with its saga's (G7)",
			file: queries, pkg: orderPG, test: "TestStore/saga_state",
			edits: []edit{{"AND saga_seq < $3::bigint", "AND saga_seq <> $3::bigint"}},
		},
	}
}
