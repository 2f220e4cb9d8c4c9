package api_test

import (
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
)

// TestExamplesAreValid: each example of the document is of its schema, by a
// validator that is not the front door's own.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	d := served(t)
	checked := 0
	check := func(where string, schema any, examples ...any) {
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		require.NoError(t, compiler.AddResource("document.json", map[string]any{
			"allOf": []any{schema}, "components": d.root["components"], // to which the schema refers
		}))
		compiled, err := compiler.Compile("document.json")
		require.NoError(t, err, where)
		for _, example := range examples {
			require.NoError(t, compiled.Validate(example), where)
			checked++
		}
	}
	media := func(where string, v any) {
		for kind, content := range d.object(v, "content") {
			check(where+" "+kind, d.follow(content)["schema"], d.examplesOf(content)...)
		}
	}
	for name, schema := range d.object(d.object(d.root, "components"), "schemas") {
		examples, _ := d.follow(schema)["examples"].([]any)
		require.NotEmpty(t, examples, "schema %s has no example", name)
		check(name, schema, examples...)
		for property, of := range d.object(schema, "properties") {
			examples, _ := of.(map[string]any)["examples"].([]any)
			check(name+"."+property, of, examples...)
		}
	}
	d.operations(func(at, _ string, op map[string]any) {
		parameters, _ := op["parameters"].([]any)
		for _, p := range parameters {
			check(at, d.follow(p)["schema"], d.examplesOf(p)...)
		}
		media(at, op["requestBody"])
		for status, response := range d.object(op, "responses") {
			media(at+" "+status, response)
			for name, header := range d.object(response, "headers") {
				check(at+" "+name, d.follow(header)["schema"], d.examplesOf(header)...)
			}
		}
	})
	require.Greater(t, checked, 500)
}
