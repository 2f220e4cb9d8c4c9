package main

const inventoryPG = "./services/inventory/inventorypg"

func stock() []bug {
	const (
		reserve = "services/inventory/inventorypg/reserve.go"
		settle  = "services/inventory/inventorypg/settle.go"
		queries = "db/inventory/reservation.sql.go"
	)
	return []bug{
		{
			name: "No tombstone", invariant: "a do that arrives after its undo is refused for good (S3)",
			file: settle, pkg: inventoryPG, test: "TestStore/release",
			edits: []edit{{
				"\t\ttombstone, err := q.ClaimTombstone(ctx, order)\n",
				"\t\ttombstone := inventorydb.Reservation{OrderID: order, State: string(inventory.Released)}\n\t\t_, err := q.GetReservation(ctx, order)\n\t\tif errors.Is(err, pgx.ErrNoRows) {\n\t\t\terr = nil\n\t\t} else if err == nil {\n\t\t\terr = pgx.ErrNoRows\n\t\t}\n",
			}},
		},
		{
			name: "Barrier off", invariant: "a do that arrives after its undo is refused for good (S3)",
			file: reserve, pkg: inventoryPG, test: "TestStore/release",
			edits: []edit{{"if undoneForGood(row) {", "if undoneForGood(row) && row.RequestHash != nil && row.ExpiresAt == nil {"}},
		},
		{
			name: "Request's hash ignored", invariant: "the same key with other data is an error (G2)",
			file: reserve, pkg: inventoryPG, test: "TestStore/reserve",
			edits: []edit{{"!bytes.Equal(row.RequestHash, requestHash) {", "!bytes.Equal(row.RequestHash, row.RequestHash) {"}},
		},
		{
			name: "Stock updated without its guard", invariant: "never more held than on hand (S1)",
			file: queries, pkg: inventoryPG, test: "TestStore/reserve",
			edits: []edit{{
				"s.on_hand - s.reserved >= wanted.quantity\n    WHERE NOT EXISTS (SELECT FROM known)",
				"s.on_hand >= wanted.quantity\n    WHERE NOT EXISTS (SELECT FROM known)",
			}},
		},
		{
			name: "Stock judged before it is locked", invariant: "all lines or none, whoever else buys (S1)",
			file: reserve, pkg: inventoryPG, test: "TestStore/contention",
			edits: []edit{{"q.LockStock(ctx, products)", "q.LockStock(ctx, nil)"}},
		},
		{
			name: "Stock locked in another order", invariant: "no deadlock",
			file: "db/inventory/stock.sql.go", pkg: inventoryPG, test: "TestStore/contention",
			edits: []edit{{"WHERE product_id = ANY($1::uuid[])\nORDER BY product_id\n", "WHERE product_id = ANY($1::uuid[])\nORDER BY product_id DESC\n"}},
		},
		{
			name: "Commit without its guard", invariant: "sold once (S1, S2)",
			file: queries, pkg: inventoryPG, test: "TestStore/commit",
			edits: []edit{{"WHERE reservations.order_id = $1 AND reservations.state = 'reserved'", "WHERE reservations.order_id = $1"}},
		},
		{
			name: "Return done again", invariant: "what came back is counted once (S1)",
			file: "services/inventory/inventorypg/return.go", pkg: inventoryPG, test: "TestStore/return",
			edits: []edit{{"found, err := q.FindReturn(ctx, refund)", "found, err := q.FindReturn(ctx, order)"}},
		},
	}
}
