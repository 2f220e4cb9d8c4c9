package main

import (
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/workers"
)

// versionsCmd asks Temporal itself: a roll-out must not need a front door.
type versionsCmd struct {
	config.Temporal `embed:"" prefix:"temporal-" envprefix:"TEMPORAL_"`

	List    listVersionsCmd   `cmd:"" help:"List the versions of the order workers, their open runs and their workers."`
	Promote promoteVersionCmd `cmd:"" help:"Let a version take new sagas. Runs of others stay where they began."`
	Ramp    rampVersionCmd    `cmd:"" help:"Let a version take a share of the new sagas."`
	Drain   drainVersionCmd   `cmd:"" help:"Wait until a version has no open runs, so that its workers can go."`
}

// open connects to Temporal.
func (v *versionsCmd) open(p *process) (*workers.Versions, func(), error) {
	c, err := platform.Dial(p.ctx, v.Temporal, p.log)
	if err != nil {
		return nil, nil, err
	}
	return workers.NewVersions(c, v.Namespace), c.Close, nil
}

type listVersionsCmd struct{}

// Run prints a line a version.
func (listVersionsCmd) Run(p *process, of *versionsCmd) error {
	versions, done, err := of.open(p)
	if err != nil {
		return err
	}
	defer done()
	all, err := versions.List(p.ctx)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(p.out, "there is no version, and no worker without one")
		return err
	}
	table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "BUILD ID\tSTATE\tOPEN RUNS\tWORKERS\t")
	for _, v := range all {
		state, stuck := string(v.State), ""
		if v.State == workers.VersionRamping {
			state = fmt.Sprintf("%s %g %%", v.State, v.Percent)
		}
		if v.Stuck() {
			stuck = "STUCK: start its workers"
		}
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%s\n", v.BuildID, state, v.Open, v.Workers, stuck)
	}
	return table.Flush()
}

type promoteVersionCmd struct {
	BuildID string `arg:"" help:"Such as v2; unversioned for workers without a version."`
}

// Run promotes.
func (c *promoteVersionCmd) Run(p *process, of *versionsCmd) error {
	versions, done, err := of.open(p)
	if err != nil {
		return err
	}
	defer done()
	if err := versions.Promote(p.ctx, c.BuildID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s takes new sagas\n", c.BuildID)
	return err
}

type rampVersionCmd struct {
	BuildID string  `arg:"" help:"Such as v2."`
	Percent float32 `arg:"" help:"0 to 100; 0 ends it."`
}

// Run ramps.
func (c *rampVersionCmd) Run(p *process, of *versionsCmd) error {
	if c.Percent < 0 || c.Percent > 100 {
		return errors.New("the share must be 0 to 100 percent")
	}
	versions, done, err := of.open(p)
	if err != nil {
		return err
	}
	defer done()
	if err := versions.Ramp(p.ctx, c.BuildID, c.Percent); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "%s takes %g %% of new sagas\n", c.BuildID, c.Percent)
	return err
}

type drainVersionCmd struct {
	BuildID string        `arg:"" help:"Such as v1."`
	Pause   time.Duration `help:"Between two looks." default:"2s"`
}

// Run waits; whoever grows tired of it interrupts.
func (c *drainVersionCmd) Run(p *process, of *versionsCmd) error {
	versions, done, err := of.open(p)
	if err != nil {
		return err
	}
	defer done()
	for told := int64(-1); ; {
		v, err := find(p, versions, c.BuildID)
		switch {
		case err != nil:
			return err
		case v.State == workers.VersionCurrent || v.State == workers.VersionRamping:
			return fmt.Errorf("version %s is %s: promote another first", c.BuildID, v.State)
		case v.Stuck():
			return fmt.Errorf("version %s has %d open runs and no workers: start them", c.BuildID, v.Open)
		case v.State != workers.VersionDraining:
			_, err := fmt.Fprintf(p.out, "%s has no open runs: its workers can go\n", c.BuildID)
			return err
		case v.Open != told:
			told = v.Open
			_, _ = fmt.Fprintf(p.out, "%s has %d open runs\n", c.BuildID, v.Open)
		}
		select {
		case <-p.ctx.Done():
			return p.ctx.Err()
		case <-time.After(c.Pause):
		}
	}
}

func find(p *process, versions *workers.Versions, buildID string) (workers.Version, error) {
	all, err := versions.List(p.ctx)
	if err != nil {
		return workers.Version{}, err
	}
	for _, v := range all {
		if v.BuildID == buildID {
			return v, nil
		}
	}
	if buildID == workers.Unversioned { // nothing of it is left
		return workers.Version{BuildID: buildID, State: workers.VersionDrained}, nil
	}
	return workers.Version{}, fmt.Errorf("there is no version %s", buildID)
}
