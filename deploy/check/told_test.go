package check_test

import (
	"context"
	"encoding/base64"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nobody listens here.
const nobody = "127.0.0.1:1"

// program is the production binary.
type program struct{ file string }

func newProgram(t *testing.T) program {
	t.Helper()
	p := program{file: filepath.Join(t.TempDir(), "skald")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", p.file, "./cmd/skald")
	build.Dir = "../.."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return p
}

// missing is what the program says of a variable that it wants.
var missing = regexp.MustCompile(`[^:]*: (set|mend) (SKALD|STRIPE|OTEL)_\S*`)

// away is what the program says once it finds nothing else to complain of.
const away = "no Temporal server answers at " + nobody

// requireTold runs a role that is told this and no more, but for a Temporal that
// is not there: it gets so far, and finds nothing else to complain of. One that waits
// for Temporal is ended then.
func (p program) requireTold(t *testing.T, told map[string]string, args ...string) {
	t.Helper()
	told = maps.Clone(told)
	for _, addr := range []string{"SKALD_ADDR", "SKALD_SERVICE_ADDR"} {
		if _, ok := told[addr]; ok {
			told[addr] = "127.0.0.1:0" // others run on this machine
		}
	}
	if _, ok := told["TEMPORAL_ADDRESS"]; ok {
		told["TEMPORAL_ADDRESS"] = nobody
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	role := exec.CommandContext(ctx, p.file, args...)
	role.Env = []string{}
	for name, value := range told {
		role.Env = append(role.Env, name+"="+value)
	}
	out := &until{text: away, end: cancel}
	role.Stdout, role.Stderr = out, out
	require.Error(t, role.Run(), "%s found a Temporal or a database", args)
	require.Empty(t, missing.FindAllString(out.said.String(), -1), "%s, as it is deployed", args)
	if args[0] != "migrate" && args[0] != "bootstrap" {
		require.Contains(t, out.said.String(), away, "%s", args)
	}
}

// until keeps what a process says, and ends something once it has said a text.
type until struct {
	said strings.Builder
	text string
	end  func()
}

func (u *until) Write(p []byte) (int, error) {
	defer func() {
		if strings.Contains(u.said.String(), u.text) {
			u.end()
		}
	}()
	return u.said.Write(p)
}

// TestProgramComplains: a role that is not told what it needs does not get so far.
func TestProgramComplains(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for _, args := range [][]string{{"service", "user"}, {"gateway"}, {"migrate", "user"}} {
		out, err := exec.CommandContext(t.Context(), p.file, args...).CombinedOutput()
		require.Error(t, err)
		require.Regexp(t, missing, string(out), "%s", args)
	}
}

// TestComposeTells: every process of the compose file is told what it needs.
func TestComposeTells(t *testing.T) {
	t.Parallel()
	p, roles := newProgram(t), 0
	for name, s := range project(t).Services {
		if !strings.HasPrefix(s.Image, "skald:") {
			continue
		}
		told := map[string]string{}
		for variable, value := range s.Environment {
			told[variable] = *value
		}
		p.requireTold(t, told, s.Command...)
		if s.Command[0] == "service" {
			require.NotEmpty(t, told["SKALD_KAFKA_BROKERS"], name)
		}
		if s.HealthCheck != nil {
			require.NotEmpty(t, told["OTEL_EXPORTER_OTLP_ENDPOINT"], name)
		}
		roles++
	}
	require.Equal(t, services+len([]string{"gateway", "migrate", "prepare", "bootstrap"}), roles)
}

// TestManifestsTell: so is every pod of each overlay, by config maps that are there
// and by secrets that docs/deploy.md tells to make.
func TestManifestsTell(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	for _, overlay := range overlays(t) {
		all := render(t, overlay)
		configs := configs(t, all)
		found := of[pods](t, all, "Deployment")
		for _, step := range steps() {
			found = append(found, of[pods](t, render(t, filepath.Join(overlay, step)), "Job")...)
		}
		for _, one := range found {
			one.requireMounts(t)
			told, c := one.told(t, configs), one.container()
			for i, arg := range c.Args {
				c.Args[i] = expand(arg, told)
			}
			p.requireTold(t, told, c.Args...)
			if one.labels()["skald.dev/part"] == "service" {
				require.NotEmpty(t, told["SKALD_KAFKA_BROKERS"], one.Metadata.Name)
			}
			require.NotEmpty(t, told["OTEL_EXPORTER_OTLP_ENDPOINT"], one.Metadata.Name)
		}
	}
}

// configs are the config maps, by name.
func configs(t *testing.T, all []rendered) map[string]map[string]string {
	t.Helper()
	found := map[string]map[string]string{}
	for _, c := range of[struct {
		Metadata struct{ Name string }
		Data     map[string]string
	}](t, all, "ConfigMap") {
		found[c.Metadata.Name] = c.Data
	}
	return found
}

// told is what a pod is told. What is optional is not.
func (p pods) told(t *testing.T, configs map[string]map[string]string) map[string]string {
	t.Helper()
	told, c := map[string]string{}, p.container()
	for _, from := range c.EnvFrom {
		data, ok := configs[from.ConfigMapRef.Name]
		require.True(t, ok || from.ConfigMapRef.Optional, "%s: there is no config map %s", p.Metadata.Name, from.ConfigMapRef.Name)
		maps.Copy(told, data)
	}
	for _, v := range c.Env {
		switch {
		case v.From == nil:
			told[v.Name] = expand(v.Value, told)
		case v.From.ConfigMapKeyRef != nil:
			require.Contains(t, configs[v.From.ConfigMapKeyRef.Name], v.From.ConfigMapKeyRef.Key, v.Name)
			told[v.Name] = configs[v.From.ConfigMapKeyRef.Name][v.From.ConfigMapKeyRef.Key]
		default:
			requireDocumented(t, *v.From.SecretKeyRef)
			if !v.From.SecretKeyRef.Optional {
				told[v.Name] = secret(v.From.SecretKeyRef.Key)
			}
		}
	}
	return told
}

// requireMounts: what a pod mounts are secrets that may be missing, and the page on
// deploying names them and the place.
func (p pods) requireMounts(t *testing.T) {
	t.Helper()
	page, err := os.ReadFile("../../docs/deploy.md")
	require.NoError(t, err)
	mounts, volumes := p.container().VolumeMounts, p.Spec.Template.Spec.Volumes
	require.Len(t, mounts, len(volumes), p.Metadata.Name)
	for i, v := range volumes {
		require.Equal(t, v.Name, mounts[i].Name, p.Metadata.Name)
		require.True(t, v.Secret.Optional && mounts[i].ReadOnly, "%s: %s", p.Metadata.Name, v.Name)
		require.Contains(t, string(page), "`"+v.Secret.SecretName+"`")
		require.Contains(t, string(page), "`"+mounts[i].MountPath+"`")
	}
}

// expand puts in variables as Kubernetes does.
func expand(value string, told map[string]string) string {
	for name, is := range told {
		value = strings.ReplaceAll(value, "$("+name+")", is)
	}
	return value
}

// secret makes one up.
func secret(key string) string {
	sealing := base64.StdEncoding.EncodeToString(make([]byte, 32))
	switch key {
	case "database-url":
		return "postgres://skald@" + nobody + "/skald"
	case "keys", "webhook-keys":
		return "first=" + sealing
	default:
		return strings.Repeat("made up ", 5)
	}
}

// requireDocumented: the page on deploying names the secret and its key.
func requireDocumented(t *testing.T, r reference) {
	t.Helper()
	page, err := os.ReadFile("../../docs/deploy.md")
	require.NoError(t, err)
	short := "`-" + strings.TrimPrefix(r.Name, "skald-") + "`" // in a list of several
	require.True(t, strings.Contains(string(page), "`"+r.Name+"`") || strings.Contains(string(page), short), "docs/deploy.md does not name the secret %s", r.Name)
	require.Contains(t, string(page), "`"+r.Key+"`", "of the secret %s", r.Name)
}
