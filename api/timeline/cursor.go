package timeline

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Cursor is how far somebody has read the sagas of an order: an event of a run
// for each of them. A saga that it does not name has not been read.
//
// As text it is the id of the entry that was read last, followed by where the
// other sagas were read to. Mostly there are none, so that it is that id.
type Cursor struct {
	places map[string]place // by workflow id
	last   string           // the workflow id of the entry that was read last
}

type place struct {
	run   string
	event int64
}

// Reach moves the cursor to an event of a saga's run.
func (c *Cursor) Reach(workflowID, run string, event int64) {
	if c.places == nil {
		c.places = map[string]place{}
	}
	c.places[workflowID], c.last = place{run, event}, workflowID
}

// String gives the text that Marks reads; empty where nothing was read.
func (c *Cursor) String() string {
	if len(c.places) == 0 {
		return ""
	}
	last := c.places[c.last]
	parts := []string{entryID(last.run, last.event)}
	for _, id := range slices.Sorted(maps.Keys(c.places)) {
		if p := c.places[id]; id != c.last {
			parts = append(parts, entryID(p.run, p.event))
		}
	}
	return strings.Join(parts, ",")
}

// Marks are the events that a cursor's text names, by run. What is no cursor
// names none.
func Marks(text string) map[string]int64 {
	marks := map[string]int64{}
	for part := range strings.SplitSeq(text, ",") {
		run, event, _ := strings.Cut(strings.TrimSpace(part), ":")
		if n, err := strconv.ParseInt(event, 10, 64); err == nil && n > 0 {
			marks[run] = n
		}
	}
	return marks
}
