package check_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// services is how many there are.
const services = 7

// drainSeconds is what a process takes to end: requests 15 s, activities 10 s, and a mail
// that is on its way as long as it may be one sender's.
func drainSeconds(process string) int {
	if process == "notification" {
		return 120
	}
	return 15
}

type labels map[string]string

// match tells whether a selector takes these labels. Expressions are of the
// operators In and NotIn only.
func (s selector) match(l labels) bool {
	for key, value := range s.MatchLabels {
		if l[key] != value {
			return false
		}
	}
	for _, e := range s.MatchExpressions {
		if in := slices.Contains(e.Values, l[e.Key]); in != (e.Operator == "In") || !in && e.Operator != "NotIn" {
			return false
		}
	}
	return true
}

type selector struct {
	MatchLabels      labels `json:"matchLabels"`
	MatchExpressions []struct {
		Key      string   `json:"key"`
		Operator string   `json:"operator"`
		Values   []string `json:"values"`
	} `json:"matchExpressions"`
}

type probe struct {
	HTTPGet struct {
		Path string `json:"path"`
		Port string `json:"port"`
	} `json:"httpGet"`
}

// variable is one of the environment's; From is where its value is else.
type variable struct {
	Name, Value string
	From        *struct{ SecretKeyRef, ConfigMapKeyRef *reference } `json:"valueFrom"`
}

// reference is to a secret or a config map, and to a key of it.
type reference struct {
	Name, Key string
	Optional  bool
}

type container struct {
	Name, Image string
	Args        []string
	Env         []variable
	EnvFrom     []struct{ ConfigMapRef reference }
	Ports       []struct {
		Name          string
		ContainerPort int
	}
	Lifecycle struct {
		PreStop struct{ Sleep struct{ Seconds int } }
	}
	VolumeMounts []struct {
		Name, MountPath string
		ReadOnly        bool
	}
	ReadinessProbe, LivenessProbe, StartupProbe *probe

	SecurityContext struct{ ReadOnlyRootFilesystem, AllowPrivilegeEscalation *bool }
}

// pods is a Deployment or a Job.
type pods struct {
	Metadata struct{ Name string }
	Spec     struct {
		Selector selector
		Template struct {
			Metadata struct{ Labels labels }
			Spec     struct {
				TerminationGracePeriodSeconds int
				AutomountServiceAccountToken  *bool
				SecurityContext               struct{ RunAsNonRoot bool }
				Containers                    []container
				Volumes                       []struct {
					Name   string
					Secret struct {
						SecretName string
						Optional   bool
					}
				}
			}
		}
	}
}

func (p pods) labels() labels       { return p.Spec.Template.Metadata.Labels }
func (p pods) container() container { return p.Spec.Template.Spec.Containers[0] }

// of reads the objects of a kind.
func of[T any](t *testing.T, all []rendered, kind string) []T {
	t.Helper()
	var found []T
	for _, o := range all {
		if o.Kind == kind {
			var one T
			require.NoError(t, json.Unmarshal(o.raw, &one))
			found = append(found, one)
		}
	}
	require.NotEmpty(t, found, kind)
	return found
}

func overlays(t *testing.T) []string {
	t.Helper()
	dirs, err := filepath.Glob(k8s + "/overlays/*")
	require.NoError(t, err)
	require.NotEmpty(t, dirs)
	return dirs
}

// steps are the directories of an overlay whose jobs go before a release or after it.
func steps() []string { return []string{"migrate", "promote", "bootstrap"} }

// TestPods: every pod is of a pinned image and without rights; a process is
// probed, told to end before it is killed, disrupted one at a time, scaled, and
// reached by a Service.
func TestPods(t *testing.T) {
	t.Parallel()
	for _, overlay := range overlays(t) {
		all := render(t, overlay)
		for _, p := range of[pods](t, all, "Deployment") {
			name, c := p.Metadata.Name, p.container()
			requireHumble(t, p)
			require.GreaterOrEqual(t, p.Spec.Template.Spec.TerminationGracePeriodSeconds, c.Lifecycle.PreStop.Sleep.Seconds+drainSeconds(name), name)
			require.Positive(t, c.Lifecycle.PreStop.Sleep.Seconds, name)
			require.Equal(t, "/health", c.LivenessProbe.HTTPGet.Path, name)
			require.Equal(t, "/health", c.ReadinessProbe.HTTPGet.Path, name)
			require.Equal(t, name != "gateway", c.StartupProbe != nil, name)
			require.Len(t, c.Ports, 1, name)
			require.True(t, p.Spec.Selector.match(p.labels()), name)

			budgets := of[struct{ Spec struct{ Selector selector } }](t, all, "PodDisruptionBudget")
			require.Equal(t, 1, count(budgets, func(b struct{ Spec struct{ Selector selector } }) bool { return b.Spec.Selector.match(p.labels()) }), name)
			scaled := of[scaledObject](t, all, "ScaledObject")
			require.Equal(t, 1, count(scaled, func(s scaledObject) bool { return s.Spec.ScaleTargetRef.Name == name }), name)
			reached := of[struct{ Spec struct{ Selector labels } }](t, all, "Service")
			require.Equal(t, 1, count(reached, func(s struct{ Spec struct{ Selector labels } }) bool {
				return selector{MatchLabels: s.Spec.Selector}.match(p.labels())
			}), name)
		}
		for _, step := range steps() {
			for _, p := range of[pods](t, render(t, filepath.Join(overlay, step)), "Job") {
				requireHumble(t, p)
			}
		}
	}
}

func count[T any](all []T, is func(T) bool) (n int) {
	for _, one := range all {
		if is(one) {
			n++
		}
	}
	return n
}

// requireHumble: a pod that can do nothing to its machine, of an image that does
// not change.
func requireHumble(t *testing.T, p pods) {
	t.Helper()
	name, spec := p.Metadata.Name, p.Spec.Template.Spec
	require.Len(t, spec.Containers, 1, name)
	require.True(t, spec.SecurityContext.RunAsNonRoot, name)
	require.Equal(t, new(false), spec.AutomountServiceAccountToken, name)
	require.Equal(t, new(true), p.container().SecurityContext.ReadOnlyRootFilesystem, name)
	require.Equal(t, new(false), p.container().SecurityContext.AllowPrivilegeEscalation, name)
	require.Regexp(t, `^ghcr\.io/skaldhq/skald:\d+\.\d+\.\d+$`, p.container().Image, name)
}

type scaledObject struct {
	Metadata struct{ Labels labels }
	Spec     struct {
		ScaleTargetRef  struct{ Name string }
		MinReplicaCount int
		Triggers        []struct {
			Type     string
			Metadata labels
		}
	}
}

// TestScaling: a service that has a task queue is scaled by its backlog, and the
// order service by that of the version; none goes away.
func TestScaling(t *testing.T) {
	t.Parallel()
	for _, overlay := range overlays(t) {
		backlog := map[string]bool{}
		for _, s := range of[scaledObject](t, render(t, overlay), "ScaledObject") {
			require.Positive(t, s.Spec.MinReplicaCount)
			require.Len(t, s.Spec.Triggers, 1)
			name := s.Metadata.Labels["app.kubernetes.io/name"] // by which docs/operations.md selects all versions
			require.True(t, s.Spec.ScaleTargetRef.Name == name || strings.HasPrefix(s.Spec.ScaleTargetRef.Name, name+"-"))
			require.NotEmpty(t, name)
			trigger := s.Spec.Triggers[0]
			if trigger.Type == "cpu" {
				require.Contains(t, []string{"gateway", "product"}, s.Spec.ScaleTargetRef.Name)
				continue
			}
			require.Equal(t, "temporal", trigger.Type)
			queue := trigger.Metadata["taskQueue"]
			require.True(t, strings.HasPrefix(s.Spec.ScaleTargetRef.Name, queue))
			require.Equal(t, queue == "order", trigger.Metadata["workerDeploymentName"] == "skald-order")
			require.Equal(t, queue == "order", trigger.Metadata["workerDeploymentBuildIdFromEnv"] == "SKALD_BUILD_ID")
			backlog[queue] = true
		}
		require.Len(t, backlog, services-1, "the catalogue has no queue")
	}
}

// TestDoorMovesLast: the front door's image has a name of its own, so that a release
// can set it after the services'.
func TestDoorMovesLast(t *testing.T) {
	t.Parallel()
	for _, p := range of[pods](t, render(t, k8s+"/base"), "Deployment") {
		want := "skald"
		if p.Metadata.Name == "gateway" {
			want = "skald-gateway"
		}
		require.Equal(t, want, p.container().Image, p.Metadata.Name)
	}
}

// TestReleases: what is of one version says the same one everywhere.
func TestReleases(t *testing.T) {
	t.Parallel()
	for _, overlay := range overlays(t) {
		releases, err := filepath.Glob(overlay + "/order-*")
		require.NoError(t, err)
		require.NotEmpty(t, releases)
		for _, step := range steps() {
			releases = append(releases, filepath.Join(overlay, step))
		}
		for _, dir := range releases {
			all := render(t, dir)
			for _, o := range all {
				if o.Kind != "Deployment" && o.Kind != "Job" {
					continue
				}
				var p pods
				require.NoError(t, json.Unmarshal(o.raw, &p))
				_, version, _ := strings.Cut(p.container().Image, ":")
				require.Equal(t, version, p.labels()["skald.dev/build-id"], o.Metadata.Name)
				require.True(t, strings.HasSuffix(o.Metadata.Name, "-"+strings.ReplaceAll(version, ".", "-")), o.Metadata.Name)
				require.Contains(t, p.container().Env, variable{Name: "SKALD_BUILD_ID", Value: version}, o.Metadata.Name)
				if named, isOrder := strings.CutPrefix(filepath.Base(dir), "order-"); isOrder {
					require.Equal(t, named, version)
					require.Equal(t, version, p.Spec.Selector.MatchLabels["skald.dev/build-id"], "two versions must not share pods")
				}
			}
		}
	}
}
