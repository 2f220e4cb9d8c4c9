package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/skaldhq/skald/client"
)

type deadLettersCmd struct {
	List    listDeadLettersCmd   `cmd:"" help:"List dead letters, newest first."`
	Replay  replayDeadLetterCmd  `cmd:"" help:"Have a dead letter dealt with again."`
	Dismiss dismissDeadLetterCmd `cmd:"" help:"Want no effect of a dead letter."`
}

type listDeadLettersCmd struct {
	State string `help:"Dead letters in this state only." default:"dead" enum:"dead,replaying,replayed,dismissed"`
	Limit int    `help:"How many at most." default:"50"`
}

// Run prints a line a dead letter, and below it who had it dealt with again.
func (l *listDeadLettersCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	state := client.ListDeadLettersParamsState(l.State)
	items, more, err := list(p.ctx, l.Limit, func(ctx context.Context, limit *int64, cursor *string) ([]client.DeadLetter, *string, error) {
		page, err := door.ListDeadLetters(ctx, &client.ListDeadLettersParams{State: &state, Limit: limit, Cursor: cursor})
		if err != nil {
			return nil, nil, err
		}
		return page.Value.Items, page.Value.NextCursor, nil
	})
	if err != nil {
		return err
	}
	if len(items) == 0 {
		_, err := fmt.Fprintf(p.out, "no dead letter is %s\n", l.State)
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "DEAD LETTER\tCONSUMER\tPLACE\tEVENT\tTYPE\tSINCE\tWHY")
	for _, d := range items {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s/%d/%d\t%s\t%s\t%s\t%s\n",
			d.ID, d.Consumer, d.Topic, d.Partition, d.Offset, said(d.EventID), said(d.Type), ago(d.CreatedAt), d.Code)
		for _, r := range d.Replays {
			outcome := "waits"
			if r.EndedAt != nil {
				outcome = said(r.Outcome) + " " + said(r.Code)
			}
			_, _ = fmt.Fprintf(table, "  %s\t%s\tby %s\t\t\t%s\t%s\n", r.ID, outcome, r.By, ago(r.At), r.Reason)
		}
		if gone := d.Dismissal; gone != nil {
			_, _ = fmt.Fprintf(table, "  %s\tdismissed\tby %s\t\t\t%s\t%s\n", gone.ID, gone.By, ago(gone.At), gone.Reason)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return tellMore(p.out, more)
}

type replayDeadLetterCmd struct {
	ID     string `arg:"" help:"Such as dlt_…"`
	Reason string `help:"Why; it is kept for good." required:""`
	Key    string `name:"idempotency-key" help:"Replays once under this key, however often it is sent."`
}

// Run asks for the replay, and prints how the dead letter stands.
func (r *replayDeadLetterCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	asked, err := door.ReplayDeadLetter(p.ctx, r.ID, &client.ReplayDeadLetterParams{IdempotencyKey: given(r.Key)}, client.NewReplay{Reason: r.Reason})
	if err != nil {
		return err
	}
	return tellLetter(p, asked.Value)
}

type dismissDeadLetterCmd struct {
	ID     string `arg:"" help:"Such as dlt_…"`
	Reason string `help:"Why; it is kept for good." required:""`
	Key    string `name:"idempotency-key" help:"Dismisses once under this key, however often it is sent."`
}

// Run dismisses, and prints how the dead letter stands.
func (d *dismissDeadLetterCmd) Run(p *process, ops *opsCmd) error {
	door, err := ops.door()
	if err != nil {
		return err
	}
	asked, err := door.DismissDeadLetter(p.ctx, d.ID, &client.DismissDeadLetterParams{IdempotencyKey: given(d.Key)}, client.NewDismissal{Reason: d.Reason})
	if err != nil {
		return err
	}
	return tellLetter(p, asked.Value)
}

// tellLetter prints how a dead letter stands.
func tellLetter(p *process, d client.DeadLetter) error {
	_, err := fmt.Fprintf(p.out, "%s of %s/%d/%d is %s\n", d.ID, d.Topic, d.Partition, d.Offset, d.State)
	return err
}
