package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/skaldhq/skald/internal/config"
)

type environmentCmd struct{}

// Run prints the variables as a page of the documentation.
func (environmentCmd) Run(p *process, model *kong.Application) error {
	return printVariables(p.out, variables(model))
}

// variables finds every flag that an environment variable sets, by the variable's
// name.
func variables(model *kong.Application) map[string]*kong.Flag {
	found := map[string]*kong.Flag{}
	var visit func(*kong.Node)
	visit = func(n *kong.Node) {
		for _, flag := range n.Flags {
			for _, name := range flag.Envs {
				found[name] = flag
			}
		}
		for _, child := range n.Children {
			visit(child)
		}
	}
	visit(model.Node)
	return found
}

const variablesHead = `# Environment variables

What a process of Skald can be told, besides by the flags of the same meaning (` + "`skald COMMAND --help`" + `). This page is what
` + "`skald environment`" + ` prints, and a test holds it there. Secrets never print. The ` + "`OTEL_…`" + ` ones are those that
OpenTelemetry has for every program; its exporter also takes the others of ` + "`OTEL_EXPORTER_OTLP_…`" + ` (headers, certificates, timeouts),
` + "`OTEL_BSP_…`" + ` and ` + "`OTEL_RESOURCE_ATTRIBUTES`" + ` ([observability.md](observability.md)). What each role needs: [deploy.md](deploy.md#what-a-process-is-told).

| variable | default | |
| --- | --- | --- |
`

func printVariables(out io.Writer, all map[string]*kong.Flag) error {
	var page strings.Builder
	page.WriteString(variablesHead)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		flag, fallback, secret := all[name], "", ""
		if flag.HasDefault {
			fallback = "`" + flag.Default + "`"
		}
		if isSecret(flag.Target.Type()) {
			secret = " Secret."
		}
		help := strings.TrimSuffix(cmp.Or(flag.Help, flag.Name), ".")
		_, _ = fmt.Fprintf(&page, "| `%s` | %s | %s.%s |\n", name, fallback, strings.ReplaceAll(help, "|", `\|`), secret)
	}
	_, err := io.WriteString(out, page.String())
	return err
}

// isSecret tells whether values of the type are secrets, or hold such.
func isSecret(t reflect.Type) bool {
	if t.Kind() == reflect.Map || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t == reflect.TypeFor[config.Secret]()
}
