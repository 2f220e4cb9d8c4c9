// Command schemas writes kinds.json: the schemas of the kinds that our manifests
// have, from the OpenAPI document of a Kubernetes release and the resource
// definitions of a KEDA release, as the Go module proxy serves both.
//
//	go run ./schemas > kinds.json
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

const (
	kubernetes = "k8s.io/kubernetes@v1.34.2"
	keda       = "github.com/kedacore/keda/v2@v2.20.2"
)

const prefix = "#/definitions/"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "schemas:", err)
		os.Exit(1)
	}
}

func run() error {
	raw, err := read(kubernetes, "api/openapi-spec/swagger.json")
	if err != nil {
		return err
	}
	var document struct {
		Definitions map[string]any `json:"definitions"`
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		return err
	}
	out := output{Sources: []string{kubernetes, keda}, Definitions: map[string]any{}, Kinds: map[string]any{}}
	for kind, name := range map[string]string{
		"v1 ConfigMap": "core.v1.ConfigMap", "v1 Namespace": "core.v1.Namespace", "v1 Service": "core.v1.Service",
		"v1 ServiceAccount": "core.v1.ServiceAccount", "apps/v1 Deployment": "apps.v1.Deployment", "batch/v1 Job": "batch.v1.Job",
		"networking.k8s.io/v1 Ingress": "networking.v1.Ingress", "networking.k8s.io/v1 NetworkPolicy": "networking.v1.NetworkPolicy",
		"policy/v1 PodDisruptionBudget": "policy.v1.PodDisruptionBudget",
	} {
		name = "io.k8s.api." + name
		out.Kinds[kind] = map[string]any{"$ref": prefix + name}
		out.take(document.Definitions, name)
	}
	scaled, err := scaledObject()
	if err != nil {
		return err
	}
	out.Kinds["keda.sh/v1alpha1 ScaledObject"] = scaled
	encoded, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		return err
	}
	_, err = fmt.Printf("%s\n", encoded)
	return err
}

// output is kinds.json: a schema a kind, by "apiVersion kind", over definitions
// that they share.
type output struct {
	Sources     []string       `json:"sources"`
	Definitions map[string]any `json:"definitions"`
	Kinds       map[string]any `json:"kinds"`
}

// take takes a definition and all that it refers to.
func (o output) take(all map[string]any, name string) {
	if _, ok := o.Definitions[name]; ok {
		return
	}
	definition := lean(all[name])
	o.Definitions[name] = definition
	references(definition, func(other string) { o.take(all, other) })
}

func references(node any, see func(string)) {
	switch n := node.(type) {
	case map[string]any:
		if ref, ok := n["$ref"].(string); ok {
			see(strings.TrimPrefix(ref, prefix))
		}
		for _, below := range n {
			references(below, see)
		}
	case []any:
		for _, below := range n {
			references(below, see)
		}
	}
}

// lean is a schema without its prose, which knows no property that it does not
// name.
func lean(node any) map[string]any {
	schema, _ := node.(map[string]any)
	if schema["format"] == "int-or-string" || schema["x-kubernetes-int-or-string"] == true {
		return map[string]any{"type": []any{"integer", "string"}}
	}
	out := map[string]any{}
	for _, key := range []string{"$ref", "type", "enum", "required", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems"} {
		if value, ok := schema[key]; ok {
			out[key] = value
		}
	}
	for _, key := range []string{"items", "additionalProperties"} {
		if below, ok := schema[key].(map[string]any); ok {
			out[key] = lean(below)
		}
	}
	if properties, ok := schema["properties"].(map[string]any); ok {
		below := map[string]any{}
		for name, property := range properties {
			below[name] = lean(property)
		}
		out["properties"] = below
		if schema["x-kubernetes-preserve-unknown-fields"] != true {
			out["additionalProperties"] = false
		}
	}
	return out
}

// scaledObject is the schema of KEDA's kind, with the metadata that every kind has.
func scaledObject() (map[string]any, error) {
	raw, err := read(keda, "config/crd/bases/keda.sh_scaledobjects.yaml")
	if err != nil {
		return nil, err
	}
	var definition struct {
		Spec struct {
			Versions []struct {
				Name   string `json:"name"`
				Schema struct {
					OpenAPI map[string]any `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(raw, &definition); err != nil {
		return nil, err
	}
	for _, version := range definition.Spec.Versions {
		if version.Name != "v1alpha1" {
			continue
		}
		schema := lean(version.Schema.OpenAPI)
		schema["properties"].(map[string]any)["metadata"] = map[string]any{"$ref": prefix + "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"}
		return schema, nil
	}
	return nil, fmt.Errorf("%s has no v1alpha1", keda)
}

// read reads a file of a module.
func read(module, file string) ([]byte, error) {
	command := exec.Command("go", "mod", "download", "-json", module) //nolint:gosec,noctx // one of the two above
	command.Stderr = os.Stderr
	told, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("download %s: %w", module, err)
	}
	var at struct{ Dir string }
	if err := json.NewDecoder(bytes.NewReader(told)).Decode(&at); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(at.Dir, filepath.FromSlash(file)))
}
