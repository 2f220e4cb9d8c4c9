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
	p50, rate := ms(r.Orders.quantile(.5))/ms(r.Floor.quantile(.5)), median(r.Orders.rate)/median(r.Floor.rate)
	return fmt.Sprintf(`
| | floor | orders | ratio |
| --- | ---: | ---: | ---: |
| p50, one at a time | %.1f ms | %.1f ms | **%.2f** |
| p99, one at a time | %.1f ms | %.1f ms | %.2f |
| a second, %d at a time | %.1f | %.1f | **%.2f** |
| events of a confirmed order's history | | %d | |
`, ms(r.Floor.quantile(.5)), ms(r.Orders.quantile(.5)), p50,
		ms(r.Floor.quantile(.99)), ms(r.Orders.quantile(.99)), ms(r.Orders.quantile(.99))/ms(r.Floor.quantile(.99)),
		concurrency, median(r.Floor.rate), median(r.Orders.rate), rate, r.Events)
}

// write writes the report and its plot.
func (r *result) write(dir string) error {
	if err := r.plot(filepath.Join(dir, "benchmarks.svg")); err != nil {
		return err
	}
	report := fmt.Sprintf(`# Benchmarks

Written by %s. An order is a POST that is answered with 201: claimed in the order database, priced, reserved, authorized and
captured at the payment simulator, committed, confirmed. The floor is a bare workflow of three no-op activities in sequence on
the same server, awaited the same way. Both run in turn in one run, so the ratios hold where the machine is noisy; the
absolute figures are this machine's (%d cores, everything on them: Temporal, Postgres with fsync, the simulator, the services, the clients).
%s
![Latency one at a time: the share of runs that took at most so long](benchmarks.svg)
`, "`make bench`", runtime.NumCPU(), r.text())
	return os.WriteFile(filepath.Join(dir, "benchmarks.md"), []byte(report), 0o644)
}

// plot draws the distribution of the latencies, up to the 99th percentile.
func (r *result) plot(path string) error {
	p := plot.New()
	p.Title.Text = "Latency, one at a time"
	p.X.Label.Text, p.Y.Label.Text = "ms", "share of runs"
	p.Y.Min, p.Y.Max, p.X.Min = 0, 1, 0
	p.Add(plotter.NewGrid())
	if err := plotutil.AddLines(p, "floor", distribution(r.Floor), "orders", distribution(r.Orders)); err != nil {
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
