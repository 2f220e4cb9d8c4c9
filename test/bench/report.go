package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

func (r *result) text() string {
	row := func(name, unit string, of func(series) float64) string {
		floor, shape, orders := of(r.Floor), of(r.Shape), of(r.Orders)
		return fmt.Sprintf("| %s | %.1f%s | %.1f%s (%.2f) | %.1f%s (**%.2f**) |\n", name,
			floor, unit, shape, unit, shape/floor, orders, unit, orders/floor)
	}
	latency := func(q float64) func(series) float64 {
		return func(s series) float64 { return ms(s.quantile(q)) }
	}
	return "\n| | floor | shape (ratio) | orders (ratio) |\n| --- | ---: | ---: | ---: |\n" +
		row("p50, one at a time", " ms", latency(.5)) +
		row("p99, one at a time", " ms", latency(.99)) +
		row(fmt.Sprintf("a second, %d at a time", concurrency), "", func(s series) float64 { return median(s.rate) }) +
		fmt.Sprintf("| events of a confirmed order's history | | | %d |\n", r.Events) +
		fmt.Sprintf("| transactions in Postgres an order, reads included | | | %.1f |\n", r.Work.Commits) +
		fmt.Sprintf("| calls of the payment provider an order | | | %.1f |\n", r.Work.ProviderCalls)
}

// readsText tells what the front door adds to its operations.
func (r *result) readsText() string {
	text := "\n| | floor | front door (ratio) |\n| --- | ---: | ---: |\n"
	for _, one := range r.Reads {
		floor, whole := ms(one.Floor.quantile(.5)), ms(one.Whole.quantile(.5))
		text += fmt.Sprintf("| %s, p50, one at a time | %.2f ms | %.2f ms (**%.2f**) |\n", one.Name, floor, whole, whole/floor)
		floor, whole = median(one.Floor.rate), median(one.Whole.rate)
		text += fmt.Sprintf("| %s, a second, %d at a time | %.0f | %.0f (**%.2f**) |\n", one.Name, concurrency, floor, whole, whole/floor)
	}
	return text
}

// write writes the report and its plot.
func (r *result) write(dir string) error {
	if err := r.plot(filepath.Join(dir, "benchmarks.svg")); err != nil {
		return err
	}
	report := fmt.Sprintf(`# Benchmarks

Written by %s. An order is a POST that is answered with 201: claimed in the order database, priced, reserved, authorized and
captured at the payment simulator, committed, confirmed. The floor is a bare workflow of three no-op activities in sequence on
the same server, awaited the same way; they are remote as an order's are, on a queue and a worker of their own. The shape is the steps of an order (three in parallel, two in sequence, one remote
beside one local) doing nothing: what it takes more than the floor is Temporal's price for these steps, what an order takes more than
the shape is the platform's own work: on the same two cores its events are published and consumed meanwhile, and its mail sent.
All run in turn in one run, so the ratios hold where the machine is noisy; the
absolute figures are this machine's (%d cores, everything on them: Temporal, Postgres with fsync, the simulator, the services, the clients).
%s
The aims are 1.6 times the floor's p50, 0.6 of its rate, and at most 45 events.

![Latency one at a time: the share of runs that took at most so long](benchmarks.svg)

## What the front door costs

Reads as the front door serves them, beside the same operations with nothing around them: nobody asked for a key or held to a rate,
nothing logged, counted, traced, compressed, or checked for what it must not hold. Both in one process, on the same databases.
%s
The aim is 1.3 times the floor's p50. What is compressed, for a client that asks for it, costs more and is a tenth as long.
`, "`make bench`", runtime.NumCPU(), r.text(), r.readsText())
	return os.WriteFile(filepath.Join(dir, "benchmarks.md"), []byte(report), 0o644)
}

// plot draws the distribution of the latencies, up to the 99th percentile.
func (r *result) plot(path string) error {
	p := plot.New()
	p.Title.Text = "Latency, one at a time"
	p.X.Label.Text, p.Y.Label.Text = "ms", "share of runs"
	p.Y.Min, p.Y.Max, p.X.Min = 0, 1, 0
	p.Add(plotter.NewGrid())
	if err := plotutil.AddLines(p, "floor", distribution(r.Floor), "shape", distribution(r.Shape), "orders", distribution(r.Orders)); err != nil {
		return err
	}
	p.Legend.Top, p.Legend.Left = true, true
	return p.Save(16*vg.Centimeter, 9*vg.Centimeter, path)
}

func distribution(s series) plotter.XYs {
	sorted := slices.Sorted(slices.Values(s.latencies))
	sorted = sorted[:max(1, len(sorted)*99/100)]
	points := make(plotter.XYs, len(sorted))
	for i, d := range sorted {
		points[i] = plotter.XY{X: ms(d), Y: float64(i+1) / float64(len(s.latencies))}
	}
	return points
}
