package watched_test

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/skaldhq/skald/test/collector"
)

// The measures of the picture, in pixels.
const (
	pictureWidth = 1200
	labelWidth   = 400
	rowHeight    = 16
	margin       = 24
)

// colours are those of the processes, in the order in which they come.
func colours() []string {
	return []string{"#4C78A8", "#F58518", "#54A24B", "#E45756", "#72B7B2", "#B279A2", "#9D755D", "#EECA3B"}
}

// picture draws a trace as SVG: a bar a span, below its parent, by time.
func picture(spans []collector.Span) string {
	rows := nested(spans, collector.CallersSpan, 0)
	first, last := spans[0].StartTimeUnixNano, uint64(0)
	var processes []string
	for _, s := range spans {
		last = max(last, s.EndTimeUnixNano)
		if !slices.Contains(processes, s.Process) {
			processes = append(processes, s.Process)
		}
	}
	x := func(at uint64) float64 {
		return labelWidth + float64(at-min(at, first))/float64(last-first)*(pictureWidth-labelWidth-margin)
	}
	height := (len(rows)+2)*rowHeight + 2*margin
	var svg strings.Builder
	write := func(format string, args ...any) { _, _ = fmt.Fprintf(&svg, format+"\n", args...) }
	write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">`, pictureWidth, height)
	write(`<rect width="100%%" height="100%%" fill="#fff"/>`)
	for i, process := range processes {
		at := margin + i*140
		write(`<rect x="%d" y="10" width="10" height="10" fill="%s"/><text x="%d" y="19">%s</text>`, at, colours()[i%len(colours())], at+14, html.EscapeString(process))
	}
	for i := range 6 {
		at := first + (last-first)*uint64(i)/5
		write(`<line x1="%.1f" x2="%.1f" y1="%d" y2="%d" stroke="#ddd"/><text x="%.1f" y="%d" text-anchor="middle" fill="#666">%.0f ms</text>`,
			x(at), x(at), margin+rowHeight, height-margin, x(at), height-8, float64(at-first)/1e6)
	}
	for i, row := range rows {
		y := margin + (i+1)*rowHeight
		write(`<text x="%d" y="%d">%s</text>`, margin+row.depth*10, y+12, html.EscapeString(row.Name))
		write(`<rect x="%.1f" y="%d" width="%.1f" height="11" rx="2" fill="%s"/>`, x(row.StartTimeUnixNano), y+2,
			max(1.5, x(row.EndTimeUnixNano)-x(row.StartTimeUnixNano)), colours()[slices.Index(processes, row.Process)%len(colours())])
	}
	write("</svg>")
	return svg.String()
}

// row is a span of the picture.
type row struct {
	collector.Span

	depth int
}

// nested gives the spans below one, each followed by those below it.
func nested(spans []collector.Span, parent string, depth int) (rows []row) {
	for _, s := range spans {
		if s.Parent() == parent {
			rows = append(append(rows, row{s, depth}), nested(spans, s.ID(), depth+1)...)
		}
	}
	return rows
}
