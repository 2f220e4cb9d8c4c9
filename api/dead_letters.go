package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/skaldhq/skald/services/notification"
)

// DeadLetter is a record that a consumer could not deal with. What it holds is not
// shown: it may be anything.
type DeadLetter struct {
	ID        string                       `json:"id" example:"dlt_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Consumer  string                       `json:"consumer" doc:"Who could not deal with it" example:"skald.notifications"`
	Topic     string                       `json:"topic" example:"skald.order.events"`
	Partition int32                        `json:"partition" example:"2"`
	Offset    int64                        `json:"offset" example:"4711"`
	EventID   string                       `json:"event_id,omitempty" doc:"Left out where the record is no event" example:"order/ord_01k9m2v6y7e4p8s0t2w4x6z8ab/2"`
	Type      string                       `json:"type,omitempty" doc:"The event's type" example:"order.confirmed"`
	Code      string                       `json:"code" doc:"Why it could not be dealt with" example:"event_malformed"`
	Detail    string                       `json:"detail" example:"The event is not of the shape that its type has."`
	State     notification.DeadLetterState `json:"state" enum:"dead,replaying,replayed,dismissed" doc:"dead: nobody has dealt with it. replaying: it waits to be dealt with again. replayed: it has had its effect. dismissed: an operator wants none"`
	Replays   []Replay                     `json:"replays" nullable:"false" doc:"Who had it dealt with again, oldest first"`
	Dismissal Maybe[Dismissal]             `json:"dismissal" doc:"Null unless it was dismissed"`
	CreatedAt time.Time                    `json:"created_at"`
	UpdatedAt time.Time                    `json:"updated_at"`
}

// Replay is that an operator had a dead letter dealt with again.
type Replay struct {
	ID      string                     `json:"id" example:"rpl_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Reason  string                     `json:"reason" example:"Fixed with the release of today."`
	By      string                     `json:"by" example:"operator"`
	At      time.Time                  `json:"at"`
	Outcome notification.ReplayOutcome `json:"outcome,omitempty" enum:"done,failed" doc:"Left out until it ended. failed: it is dead still"`
	Code    string                     `json:"code,omitempty" doc:"Why it is dead still" example:"event_malformed"`
	EndedAt *time.Time                 `json:"ended_at" doc:"Null while it is under way"`
}

// Dismissal is that an operator wants no effect of a dead letter.
type Dismissal struct {
	ID     string    `json:"id" example:"dsm_01k9m2v6y7e4p8s0t2w4x6z8ab"`
	Reason string    `json:"reason" example:"Written by a test of another team."`
	By     string    `json:"by" example:"operator"`
	At     time.Time `json:"at"`
}

// NewDismissal asks to dismiss a dead letter.
type NewDismissal struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why it needs no effect; it is kept. No personal data" example:"Written by a test of another team."`
}

// NewReplay asks to have a dead letter dealt with again.
type NewReplay struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why it is worth another try; it is kept. No personal data" example:"Fixed with the release of today."`
}

func toDeadLetter(d notification.DeadLetter) DeadLetter {
	out := DeadLetter{
		ID: d.ID, Consumer: d.Consumer, Topic: d.Topic, Partition: d.Partition, Offset: d.Offset, EventID: d.EventID, Type: d.Type,
		Code: d.Code, Detail: d.Detail, State: d.State, Replays: make([]Replay, len(d.Replays)), CreatedAt: d.CreatedAt, UpdatedAt: d.UpdatedAt,
	}
	if d.Dismissal != nil {
		out.Dismissal.Value = (*Dismissal)(d.Dismissal)
	}
	for i, r := range d.Replays {
		out.Replays[i] = Replay(r)
	}
	return out
}

// DeadLetterPath names a dead letter.
type DeadLetterPath struct {
	DeadLetterID string `path:"dead_letter_id" doc:"The dead letter's id" example:"dlt_01k9m2v6y7e4p8s0t2w4x6z8ab"`
}

type deadLetterOutput struct{ Body DeadLetter }

type listDeadLettersInput struct {
	State notification.DeadLetterState `query:"state" enum:"dead,replaying,replayed,dismissed" doc:"Those in this state only" example:"dead"`
	PageQuery
}

type listDeadLettersOutput struct{ Body page[DeadLetter] }

type replayInput struct {
	DeadLetterPath
	KeyHeader
	Body NewReplay
}

type dismissalInput struct {
	DeadLetterPath
	KeyHeader
	Body NewDismissal
}

type decidedOutput struct {
	Location string `header:"Location"`
	Body     DeadLetter
}

func (c Config) registerDeadLetters(a huma.API) {
	huma.Register(a, operation("list-dead-letters", http.MethodGet, "/v1/dead-letters", "notifications", operatorsOnly(readDeadLetters), "List dead letters",
		"Records of event topics that a consumer of the platform could not deal with. They hold up nothing. Newest first."), c.listDeadLetters)
	huma.Register(a, operation("get-dead-letter", http.MethodGet, "/v1/dead-letters/{dead_letter_id}", "notifications", operatorsOnly(readDeadLetters), "Get a dead letter",
		"With who had it dealt with again, and what came of that.", notification.ErrDeadLetterNotFound), c.getDeadLetter)
	replay := operation("replay-dead-letter", http.MethodPost, "/v1/dead-letters/{dead_letter_id}/replays", "notifications", operatorsOnly(writeDeadLetters), "Replay a dead letter",
		"Records who wants it and why, and has the record dealt with again: its effect happens once, however often that is done.",
		notification.ErrDeadLetterNotFound, notification.ErrReplaying, notification.ErrReplayed, notification.ErrDismissed)
	replay.DefaultStatus = http.StatusAccepted
	huma.Register(a, replay, c.replayDeadLetter)
	dismiss := operation("dismiss-dead-letter", http.MethodPost, "/v1/dead-letters/{dead_letter_id}/dismissals", "notifications", operatorsOnly(writeDeadLetters), "Dismiss a dead letter",
		"Records who wants no effect of it and why. It counts no more, and is dealt with by nobody; a replay that has not ended fails.",
		notification.ErrDeadLetterNotFound, notification.ErrReplayed, notification.ErrDismissed)
	dismiss.DefaultStatus = http.StatusCreated
	huma.Register(a, dismiss, c.dismissDeadLetter)
}

func (c Config) listDeadLetters(ctx context.Context, in *listDeadLettersInput) (*listDeadLettersOutput, error) {
	found, err := c.Notices.ListDeadLetters(ctx, notification.DeadLetterFilter{State: in.State, Limit: in.Limit, Cursor: in.Cursor})
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &listDeadLettersOutput{Body: newPage(found.Items, toDeadLetter, found.NextCursor)}, nil
}

func (c Config) getDeadLetter(ctx context.Context, in *DeadLetterPath) (*deadLetterOutput, error) {
	d, err := c.Notices.GetDeadLetter(ctx, in.DeadLetterID)
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &deadLetterOutput{Body: toDeadLetter(d)}, nil
}

func (c Config) replayDeadLetter(ctx context.Context, in *replayInput) (*decidedOutput, error) {
	d, err := c.Notices.RequestReplay(ctx, notification.NewReplay{
		DeadLetterID: in.DeadLetterID, ReplayID: in.newID(ctx, notification.ReplayIDPrefix, "replay-dead-letter/"+in.DeadLetterID),
		Reason: in.Body.Reason, By: principalOf(ctx).Name,
	})
	return decidedAnswer(ctx, d, err)
}

func (c Config) dismissDeadLetter(ctx context.Context, in *dismissalInput) (*decidedOutput, error) {
	d, err := c.Notices.DismissDeadLetter(ctx, notification.NewDismissal{
		DeadLetterID: in.DeadLetterID, DismissalID: in.newID(ctx, notification.DismissalIDPrefix, "dismiss-dead-letter/"+in.DeadLetterID),
		Reason: in.Body.Reason, By: principalOf(ctx).Name,
	})
	return decidedAnswer(ctx, d, err)
}

// decidedAnswer answers with a dead letter that an operator has decided about.
func decidedAnswer(ctx context.Context, d notification.DeadLetter, err error) (*decidedOutput, error) {
	if errors.Is(err, notification.ErrOperationReused) {
		return nil, keyReused(ctx)
	}
	if err != nil {
		return nil, problem(ctx, err)
	}
	return &decidedOutput{Location: "/v1/dead-letters/" + d.ID, Body: toDeadLetter(d)}, nil
}
