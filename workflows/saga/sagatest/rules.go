package sagatest

// rule is what no run may violate.
type rule string

const (
	undescribed  rule = "the saga calls what its description names"
	stepOrder    rule = "a step begins when the stages before have succeeded"
	noWayForward rule = "no step begins after the saga turned back"
	refusalKept  rule = "a refused step is not asked again"
	cancelHeeded rule = "before the pivot a cancellation stops the way forward"
	deadlineKept rule = "before the pivot the deadline stops the way forward"
	pivotKept    rule = "from the pivot on only forward, but for its refusal or an operator"
	noReason     rule = "a saga turns back for a reason"
	reverseOrder rule = "compensations run in reverse order"
	closedLast   rule = "a saga is closed once, after all compensations"
	parkedShown  rule = "what must be done and fails a whole round parks the saga, visibly"
	barredEffect rule = "no effect comes about after its compensation, or after the saga turned back"
	otherRequest rule = "what is asked again is asked the same way"
	noFailure    rule = "the workflow does not fail"
	oneEnd       rule = "a saga goes through or turns back, and does so to the end"
	finalState   rule = "the state shown at the end is the final one"
	finalMark    rule = "the state recorded at the end is the final one"
	sayingSo     rule = "what the workflow says of its end is so"
	onceEach     rule = "a saga that went through has each effect once, and one that turned back its closing"
	nothingLeft  rule = "a saga that turned back leaves no effect"
	undone       rule = "every step that began is compensated"
	ends         rule = "every run ends, or is parked for good"
	notesLight   rule = "what only informs keeps no saga from ending"
	brokeOff     rule = "every run can be run"
	notVacuous   rule = "every fault laid out is met"
	offered      rule = "an operator is offered the decisions that make sense, and no other"
	audited      rule = "a decision is recorded before it takes effect"
	obeyed       rule = "a decision that is taken is done, at once"
)
