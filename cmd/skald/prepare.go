package main

import (
	"fmt"
	"strings"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/internal/searchattr"
	"github.com/skaldhq/skald/workflows"
)

// prepareCmd is to Temporal what migrate is to the databases.
type prepareCmd struct {
	config.Temporal `embed:"" prefix:"temporal-" envprefix:"TEMPORAL_"`
}

// Run adds what the namespace lacks, and tells what that was.
func (c *prepareCmd) Run(p *process) error {
	temporal, err := platform.Dial(p.ctx, c.Temporal, p.log)
	if err != nil {
		return err
	}
	defer temporal.Close()
	added, err := searchattr.Add(p.ctx, temporal, c.Namespace, workflows.SearchAttributes())
	if err != nil {
		return fmt.Errorf("prepare namespace %s: %w", c.Namespace, err)
	}
	_, err = fmt.Fprintf(p.out, "%d search attributes added %s\n", len(added), strings.Join(added, " "))
	return err
}
