package chaos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// The report is between these lines of docs/reliability.md; the rest of it is
// written by hand.
const (
	reportBegins = "<!-- chaos:begin -->"
	reportEnds   = "<!-- chaos:end -->"
)

// write puts the figures of some runs into a directory's reliability.md, and
// draws the first of them.
func write(dir string, all []*result) error {
	if err := all[0].plot(filepath.Join(dir, "reliability-timeline.svg")); err != nil {
		return err
	}
	path := filepath.Join(dir, "reliability.md")
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(raw), reportBegins)
	_, after, ok2 := strings.Cut(rest, reportEnds)
	if !ok || !ok2 {
		return fmt.Errorf("%s has no lines %s and %s", path, reportBegins, reportEnds)
	}
	return os.WriteFile(path, []byte(before+reportBegins+"\n"+report(all)+reportEnds+after), 0o644)
}

func report(all []*result) string {
	var text strings.Builder
	fmt.Fprintf(&text, "Written by `make chaos` on %s, on a machine of %d cores that runs all of it.\n\n%s", all[0].begun.Format(time.DateOnly), runtime.NumCPU(), figuresHead)
	sum := coverage{}
	for _, r := range all {
		text.WriteString(r.figures())
		sum.add(r.coverage)
	}
	fmt.Fprintf(&text, "\nA fault that hit nothing is not counted. How often those of each kind struck each step, in all of them: the step was under way\n"+
		"at what the fault hit while it lasted, and took another attempt, timed out, or took longer than %s; a client's request got no\n"+
		"answer to go by.\n\n%s\n", slow, sum.table())
	fmt.Fprintf(&text, "![The faults of seed %d, and how many orders were in flight](reliability-timeline.svg)\n", all[0].seed)
	return text.String()
}

// plot draws how many orders were in flight above the faults of the time.
func (r *result) plot(path string) error {
	orders, faults := plot.New(), plot.New()
	orders.Title.Text = fmt.Sprintf("Seed %d: %d orders, %d faults", r.seed, r.verdict.Orders, len(r.episodes))
	orders.Y.Label.Text, faults.X.Label.Text = "orders in flight", "seconds"
	line, err := plotter.NewLine(r.inFlight())
	if err != nil {
		return err
	}
	line.Color = plotutil.Color(2)
	orders.Add(plotter.NewGrid(), line)
	var names []string
	for _, e := range r.episodes {
		if !slices.Contains(names, e.Kind) {
			names = append(names, e.Kind)
		}
	}
	slices.Sort(names)
	faults.NominalY(names...)
	for _, e := range r.episodes {
		y := float64(slices.Index(names, e.Kind))
		bar, err := plotter.NewLine(plotter.XYs{{X: r.at(e.From), Y: y}, {X: max(r.at(e.To), r.at(e.From)+1), Y: y}})
		if err != nil {
			return err
		}
		bar.Width, bar.Color = 4*vg.Millimeter/1.5, plotutil.Color(0)
		faults.Add(bar)
	}
	end := r.at(r.rested)
	orders.X.Min, orders.X.Max, faults.X.Min, faults.X.Max, orders.Y.Min = 0, end, 0, end, 0
	canvas := vgsvg.New(24*vg.Centimeter, 18*vg.Centimeter)
	tiles := draw.Tiles{Rows: 2, Cols: 1, PadY: 4 * vg.Millimeter, PadRight: 4 * vg.Millimeter}
	for i, c := range plot.Align([][]*plot.Plot{{orders}, {faults}}, tiles, draw.New(canvas)) {
		[]*plot.Plot{orders, faults}[i].Draw(c[0])
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := canvas.WriteTo(file); err != nil {
		return err
	}
	return file.Close()
}

// at is a time in seconds of the run.
func (r *result) at(t time.Time) float64 { return t.Sub(r.begun).Seconds() }

// inFlight counts, each second, the orders whose customers waited for their end.
func (r *result) inFlight() (points plotter.XYs) {
	for at := r.begun; at.Before(r.rested); at = at.Add(time.Second) {
		n := 0
		for _, t := range r.started {
			if t.Before(at) {
				n++
			}
		}
		for _, t := range r.settled {
			if t.Before(at) {
				n--
			}
		}
		points = append(points, plotter.XY{X: r.at(at), Y: float64(n)})
	}
	return points
}
