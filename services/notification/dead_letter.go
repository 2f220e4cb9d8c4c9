package notification

import (
	"context"
	"time"
	"unicode/utf8"

	"github.com/skaldhq/skald/internal/fault"
	"github.com/skaldhq/skald/internal/id"
	"github.com/skaldhq/skald/internal/text"
)

// The prefixes of the ids of dead letters, of their replays and dismissals.
const (
	DeadLetterIDPrefix id.Prefix = "dlt"
	ReplayIDPrefix     id.Prefix = "rpl"
	DismissalIDPrefix  id.Prefix = "dsm"
)

// DeadLetterState is where a dead letter stands.
type DeadLetterState string

// The states of a dead letter: dead ⇄ replaying → replayed, and from the first two
// dismissed.
const (
	Dead      DeadLetterState = "dead"
	Replaying DeadLetterState = "replaying"
	Replayed  DeadLetterState = "replayed"  // it has had its effect
	Dismissed DeadLetterState = "dismissed" // an operator wants none of it
)

// DeadLetter is a record that a consumer could not deal with. What it holds stays in
// the database until it has ended, and in its topic: nobody knows what that is.
type DeadLetter struct {
	ID string `json:"id"`
	// Consumer is who could not deal with it.
	Consumer  string `json:"consumer"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	// EventID and Type are empty where the record is no event.
	EventID string `json:"event_id,omitempty"`
	Type    string `json:"type,omitempty"`
	// Code and Detail say why; no personal data.
	Code      string          `json:"code"`
	Detail    string          `json:"detail"`
	State     DeadLetterState `json:"state"`
	Replays   []Replay        `json:"replays"`             // oldest first
	Dismissal *Dismissal      `json:"dismissal,omitempty"` // nil unless it was dismissed
	CreatedAt time.Time       `json:"created_at"`
	UpdatedAt time.Time       `json:"updated_at"`
}

// ReplayOutcome is how a replay ended.
type ReplayOutcome string

// The outcomes of a replay.
const (
	ReplayDone   ReplayOutcome = "done"
	ReplayFailed ReplayOutcome = "failed" // it is dead still
)

// Replay is that an operator had a dead letter dealt with again: who, when, why.
type Replay struct {
	ID      string        `json:"id"`
	Reason  string        `json:"reason"`
	By      string        `json:"by"`
	At      time.Time     `json:"at"`
	Outcome ReplayOutcome `json:"outcome,omitempty"` // empty until it ended
	Code    string        `json:"code,omitempty"`    // why it failed
	EndedAt *time.Time    `json:"ended_at,omitempty"`
}

// CodeDismissed is why a replay failed that had not ended when its letter was dismissed.
const CodeDismissed = "dismissed"

// Dismissal is that an operator wants no effect of a dead letter: who, when, why.
type Dismissal struct {
	ID     string    `json:"id"`
	Reason string    `json:"reason"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// NewDismissal asks to dismiss a dead letter.
type NewDismissal struct {
	DeadLetterID string `json:"dead_letter_id"`
	DismissalID  string `json:"dismissal_id"` // the key of the operation
	Reason       string `json:"reason"`
	By           string `json:"by"`
}

// Validate tells the first field that is wrong.
func (d NewDismissal) Validate() error {
	if _, err := DismissalIDPrefix.Parse(d.DismissalID); err != nil {
		return fault.InvalidField("dismissal_id", err.Error())
	}
	return audited(d.Reason, d.By)
}

// NewReplay asks to have a dead letter dealt with again.
type NewReplay struct {
	DeadLetterID string `json:"dead_letter_id"`
	ReplayID     string `json:"replay_id"` // the key of the operation
	Reason       string `json:"reason"`
	By           string `json:"by"`
}

// maxReason is how long a reason may be, in characters.
const maxReason = 500

// Validate tells the first field that is wrong.
func (r NewReplay) Validate() error {
	if _, err := ReplayIDPrefix.Parse(r.ReplayID); err != nil {
		return fault.InvalidField("replay_id", err.Error())
	}
	return audited(r.Reason, r.By)
}

// audited tells what of who did something, and why, cannot be kept.
func audited(reason, by string) error {
	if reason == "" || utf8.RuneCountInString(reason) > maxReason || !text.Keepable(reason) {
		return fault.InvalidField("reason", "must be text of 1 to 500 characters")
	}
	if by == "" || !text.Keepable(by) {
		return fault.InvalidField("by", "must be text that is not empty")
	}
	return nil
}

// DeadLetterFilter narrows a list; empty fields do not.
type DeadLetterFilter struct {
	State  DeadLetterState `json:"state,omitempty"`
	Limit  int             `json:"limit"` // 1 to MaxPage; what lies outside counts as the nearer of them
	Cursor string          `json:"cursor,omitempty"`
}

// DeadLetterPage is a page of dead letters, newest first.
type DeadLetterPage struct {
	Items      []DeadLetter `json:"items"`
	NextCursor string       `json:"next_cursor"` // empty on the last page
}

// The definite answers about dead letters.
var (
	ErrDeadLetterNotFound = fault.New(fault.NotFound, "dead_letter_not_found", "No such dead letter.")
	// ErrReplaying: a replay of it has not ended.
	ErrReplaying = fault.New(fault.Conflict, "dead_letter_replaying", "The dead letter is being dealt with again already.")
	// ErrReplayed: nothing is left to do.
	ErrReplayed = fault.New(fault.Conflict, "dead_letter_replayed", "The dead letter has been dealt with.")
	// ErrDismissed: an operator wants no effect of it.
	ErrDismissed = fault.New(fault.Conflict, "dead_letter_dismissed", "The dead letter was dismissed.")
	// ErrOperationReused: the same replay or dismissal was asked for with other data before.
	ErrOperationReused = fault.New(fault.Conflict, "operation_mismatch", "The operation was requested with other data before.")
)

// DeadLetters is what operators see of what could not be dealt with, and do.
type DeadLetters interface {
	// ListDeadLetters gives a page, newest first. Invalid for a cursor that is none.
	ListDeadLetters(ctx context.Context, f DeadLetterFilter) (DeadLetterPage, error)
	// GetDeadLetter: ErrDeadLetterNotFound.
	GetDeadLetter(ctx context.Context, deadLetterID string) (DeadLetter, error)
	// RequestReplay keeps who wants a dead letter dealt with again, and why, and has it
	// done. Done again it gives the dead letter as it stands. ErrDeadLetterNotFound,
	// ErrReplaying, ErrReplayed, ErrDismissed, ErrOperationReused; Invalid: see
	// NewReplay.Validate.
	RequestReplay(ctx context.Context, r NewReplay) (DeadLetter, error)
	// DismissDeadLetter keeps who wants no effect of a dead letter, and why. A replay that
	// has not ended fails; whoever deals with the record at that moment may still have
	// its effect. Done again it gives the dead letter as it stands.
	// ErrDeadLetterNotFound, ErrReplayed, ErrDismissed, ErrOperationReused; Invalid: see
	// NewDismissal.Validate.
	DismissDeadLetter(ctx context.Context, d NewDismissal) (DeadLetter, error)
}

// Burial is a record that a consumer could not deal with, as it was.
type Burial struct {
	Consumer      string
	Topic         string
	Partition     int32
	Offset        int64
	Key, Value    []byte
	EventID, Type string // empty: the record is no event
	Code, Detail  string
}

// Raised is a dead letter that has to be dealt with again.
type Raised struct {
	ReplayID   string
	Topic      string
	Partition  int32
	Offset     int64
	Key, Value []byte
}

// Graves is what consumers put dead letters into, and take them from again.
type Graves interface {
	// Bury keeps a record, once for its consumer and place. fresh: it was not there.
	Bury(ctx context.Context, b Burial) (fresh bool, err error)
	// Raise gives at most limit dead letters of a consumer whose replays have not
	// ended, the oldest replay first.
	Raise(ctx context.Context, consumer string, limit int) ([]Raised, error)
	// EndReplay keeps how a replay ended, once. Several may deal with a letter at a time:
	// that it was done for one of them counts, whoever said before that it failed, unless
	// it was dismissed meanwhile. code says why it failed.
	EndReplay(ctx context.Context, replayID string, outcome ReplayOutcome, code string) error
	// DeadCount tells how many dead letters of a consumer have not had their effect, and
	// were not dismissed.
	DeadCount(ctx context.Context, consumer string) (int, error)
}
