package saga

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// mark is how a step stands, as the Web UI shows it.
type mark string

const (
	markWaiting mark = "·"
	markRunning mark = "running"
	markDone    mark = "done"
	markFailed  mark = "failed"
	markUndone  mark = "undone"
	markSkipped mark = "skipped"
)

// String spells the mark out.
func (m mark) String() string {
	if m == markWaiting {
		return "waiting"
	}
	return string(m)
}

// view is the saga as the Web UI shows it: current details, which are no
// event of the history, and search attributes, which are.
type view struct {
	order []string
	kinds map[string]Kind
	marks map[string]mark
	state State
	step  string
}

func newView[S any](def Definition[S]) *view {
	v := &view{kinds: map[string]Kind{}, marks: map[string]mark{}, state: Running}
	for _, stage := range def.Stages {
		for _, step := range stage {
			v.add(step.Name, step.Kind)
		}
	}
	return v
}

// add shows another step, which waits.
func (v *view) add(name string, kind Kind) {
	v.order = append(v.order, name)
	v.kinds[name] = kind
	v.marks[name] = markWaiting
}

// markdown draws the saga as a table.
func (v *view) markdown(failure *Failure) string {
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**", v.state)
	if v.state != Running && v.step != "" && v.step != "done" {
		fmt.Fprintf(&b, " at %s", v.step)
	}
	if failure != nil {
		fmt.Fprintf(&b, "; turned back at %s: %s", failure.Step, failure.Reason())
	}
	b.WriteString("\n\n| step | kind | |\n| --- | --- | --- |\n")
	for _, name := range v.order {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, v.kinds[name], string(v.marks[name]))
	}
	return b.String()
}

func (r *Run[S]) show(ctx workflow.Context) {
	workflow.SetCurrentDetails(ctx, r.view.markdown(r.failure))
}

func (r *Run[S]) mark(ctx workflow.Context, step string, m mark) {
	r.view.marks[step] = m
	r.show(ctx)
}

// become changes the saga's state: in the current details, in the search
// attributes, and for whoever the definition tells.
func (r *Run[S]) become(ctx workflow.Context, s State, step string) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	r.view.state, r.view.step = s, step
	r.show(ctx)
	updates := []temporal.SearchAttributeUpdate{AttrState.ValueSet(string(s)), AttrStep.ValueSet(step)}
	if r.def.Attributes != nil {
		updates = append(updates, r.def.Attributes(r.state)...)
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, updates...); err != nil {
		workflow.GetLogger(ctx).Error("upsert search attributes", "error", err)
	}
	if r.def.OnState != nil {
		r.def.OnState(ctx, r.state, s)
	}
}
