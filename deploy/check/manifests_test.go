// Package check_test checks what the platform ships with, without a cluster or a
// container engine: that manifests and compose file are what their specifications
// allow, and that they hold what docs/deploy.md promises.
package check_test

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const k8s = "../k8s"

//go:embed kinds.json
var kinds []byte

// rendered is one object of a manifest, as kubectl would send it.
type rendered struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`

	raw []byte // as JSON
}

// render builds a kustomization.
func render(t *testing.T, dir string) []rendered {
	t.Helper()
	found, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	require.NoError(t, err, dir)
	var all []rendered
	for _, resource := range found.Resources() {
		raw, err := resource.MarshalJSON()
		require.NoError(t, err)
		one := rendered{raw: raw}
		require.NoError(t, json.Unmarshal(raw, &one))
		all = append(all, one)
	}
	require.NotEmpty(t, all, dir)
	return all
}

// schemas judges objects by the schemas of their kinds.
type schemas struct{ compiler *jsonschema.Compiler }

func newSchemas(t *testing.T) schemas {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(kinds))
	require.NoError(t, err)
	c := jsonschema.NewCompiler()
	require.NoError(t, c.AddResource("kinds.json", document))
	return schemas{compiler: c}
}

// judge tells what of an object its kind does not allow.
func (s schemas) judge(o rendered) error {
	kind := strings.NewReplacer("~", "~0", "/", "~1", " ", "%20").Replace(o.APIVersion + " " + o.Kind)
	schema, err := s.compiler.Compile("kinds.json#/kinds/" + kind)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(o.raw))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// kustomizations are all directories that can be applied.
func kustomizations(t *testing.T) []string {
	t.Helper()
	var dirs []string
	err := filepath.WalkDir(k8s, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.Name() != "kustomization.yaml" {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var head struct{ Kind string }
		if err := yaml.Unmarshal(raw, &head); err != nil {
			return err
		}
		if head.Kind == "Kustomization" {
			dirs = append(dirs, filepath.Dir(path))
		}
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	return dirs
}

// TestManifests: every object of every kustomization is what Kubernetes, or KEDA,
// takes.
func TestManifests(t *testing.T) {
	t.Parallel()
	s := newSchemas(t)
	for _, dir := range kustomizations(t) {
		for _, o := range render(t, dir) {
			require.NoError(t, s.judge(o), "%s: %s %s", dir, o.Kind, o.Metadata.Name)
			if o.Kind != "Namespace" {
				require.NotEmpty(t, o.Metadata.Namespace, "%s: %s %s", dir, o.Kind, o.Metadata.Name)
			}
		}
	}
}

// TestManifestsAreJudged: what is misspelt, of another type, or missing is refused.
func TestManifestsAreJudged(t *testing.T) {
	t.Parallel()
	s := newSchemas(t)
	for _, spoil := range []struct{ kind, is, becomes string }{
		{"Deployment", `"readinessProbe"`, `"readynessProbe"`},
		{"Deployment", `"containerPort":8001`, `"containerPort":"http"`},
		{"Deployment", `"selector"`, `"selectors"`},
		{"Deployment", `"apps/v1"`, `"apps/v1beta1"`},
		{"NetworkPolicy", `"cidr"`, `"cidrs"`},
		{"ScaledObject", `"scaleTargetRef"`, `"scaleTarget"`},
		{"ScaledObject", `"minReplicaCount":2`, `"minReplicaCount":"2"`},
	} {
		spoilt := false
		for _, o := range render(t, k8s+"/base") {
			if o.Kind == spoil.kind && bytes.Contains(o.raw, []byte(spoil.is)) {
				o.raw = bytes.ReplaceAll(o.raw, []byte(spoil.is), []byte(spoil.becomes))
				require.NoError(t, json.Unmarshal(o.raw, &o))
				require.Error(t, s.judge(o), spoil.becomes)
				spoilt = true
			}
		}
		require.True(t, spoilt, spoil.is)
	}
}

// TestKinds: the schemas are of the kinds that the manifests have, and of no other;
// `make deploy-schemas` writes them.
func TestKinds(t *testing.T) {
	t.Parallel()
	var known struct {
		Sources            []string
		Kinds, Definitions map[string]json.RawMessage
	}
	require.NoError(t, json.Unmarshal(kinds, &known))
	used := map[string]bool{}
	for _, dir := range kustomizations(t) {
		for _, o := range render(t, dir) {
			used[o.APIVersion+" "+o.Kind] = true
		}
	}
	require.ElementsMatch(t, slices.Collect(maps.Keys(used)), slices.Collect(maps.Keys(known.Kinds)))
	for name := range known.Definitions {
		require.Contains(t, string(kinds), `"#/definitions/`+name+`"`, "nothing refers to it")
	}
	generator, err := os.ReadFile("schemas/main.go")
	require.NoError(t, err)
	for _, source := range known.Sources {
		require.Contains(t, string(generator), source, "run make deploy-schemas")
	}
}
