package main

// bugs are all that are planted.
func bugs() []bug {
	all := append(engine(), activities()...)
	all = append(all, stock()...)
	all = append(all, money()...)
	return append(all, orders()...)
}

const (
	sagaRun   = "workflows/saga/run.go"
	insisting = "workflows/saga/insist.go"
)

func engine() []bug {
	return []bug{
		{
			name: "Undo armed after do", invariant: "what possibly started is undone (G5)",
			file: sagaRun, pkg: "./workflows/saga", test: "TestRun/unknown_is_undone",
			edits: []edit{{
				"\t\t\tfor _, step := range stage {\n\t\t\t\tif step.Undo != nil && !r.resumed {\n\t\t\t\t\tarmed = append(armed, step) // before it is done: see the package comment\n\t\t\t\t}\n\t\t\t}\n\t\t\tfailure = r.stage(ctx, sure, stage)\n",
				"\t\t\tfailure = r.stage(ctx, sure, stage)\n\t\t\tfor _, step := range stage {\n\t\t\t\tif step.Undo != nil && failure == nil && !r.resumed {\n\t\t\t\t\tarmed = append(armed, step)\n\t\t\t\t}\n\t\t\t}\n",
			}},
		},
		{
			name: "Compensations on the context that is cancelled", invariant: "a cancelled saga leaves nothing behind (M4, S3)",
			file: sagaRun, pkg: "./workflows/saga", test: "TestRun/cancelled_in_a_stage",
			edits: []edit{{"sure, _ := workflow.NewDisconnectedContext(ctx) // cancelling it would cost events at the end", "sure := ctx"}},
		},
		{
			name: "Compensations in forward order", invariant: "compensations run in reverse (G5)",
			file: insisting, pkg: "./workflows/saga", test: "TestRun/pivot_refused",
			edits: []edit{{"for i := len(armed) - 1; i >= 0; i-- {", "for i := range armed {"}},
		},
		{
			name: "Unknown taken for a no", invariant: "only a definite answer is a no",
			file: "workflows/saga/outcome.go", pkg: "./workflows/saga", test: "TestRun/pivot_unknown_is_tried_again",
			edits: []edit{{"case errors.As(err, &app) && app.NonRetryable():", "case errors.As(err, &app):"}},
		},
		{
			name: "Pivot given up when its retries run out", invariant: "after the pivot only forward (G6)",
			file: insisting, pkg: "./workflows/saga", test: "TestRun/pivot_unknown_is_tried_again",
			edits: []edit{{"insistence{must: true, final: refusal}", "insistence{must: true, final: func(error) bool { return true }}"}},
		},
		{
			name: "Deadline ignored", invariant: "nothing stays open past its deadline (G4)",
			file: "workflows/saga/deadline.go", pkg: "./workflows/saga", test: "TestRun/deadline_in_a_step",
			edits: []edit{{"{ return d.passed || d.left(ctx) <= 0 }", "{ return false }"}},
		},
		{
			name: "Compensation given up instead of parked", invariant: "nothing is lost, nothing is silent (G4)",
			file: insisting, pkg: "./workflows/saga", test: "TestRun/compensation_is_tried_again",
			edits: []edit{{"\t\tp := r.park(ctx, name, how, err)\n", "\t\tp := r.park(ctx, name, how, err)\n\t\tif !how.must {\n\t\t\tr.unpark(ctx, name)\n\t\t\treturn skipped, err\n\t\t}\n"}},
		},
	}
}

func activities() []bug {
	const file, pkg, test = "activities/activities.go", "./activities", "TestErrors"
	return []bug{
		{
			name: "Business error wrapped: its type is lost", invariant: "the customer is told the reason",
			file: file, pkg: pkg, test: test,
			edits: []edit{{
				"\treturn temporal.NewApplicationErrorWithOptions(f.Message, f.Code, ",
				"\treturn temporal.NewApplicationErrorWithOptions(f.Message, \"wrapError\", ",
			}},
		},
		{
			name: "Unknown told as a no", invariant: "unknown is not no",
			file: file, pkg: pkg, test: test,
			edits: []edit{{"NonRetryable: f.Kind.Definite(),", "NonRetryable: f.Kind.Definite() || f.Kind == fault.Unknown,"}},
		},
		{
			name: "A no told as unknown", invariant: "a refusal is not asked again",
			file: file, pkg: pkg, test: test,
			edits: []edit{{"NonRetryable: f.Kind.Definite(),", "NonRetryable: f.Kind.Definite() && f.Kind != fault.Refused,"}},
		},
	}
}
