package check_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"
)

// project reads the compose file, which the loader holds against the compose
// specification: its schema, and that what is named is there.
func project(t *testing.T) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{"../../docker-compose.yml"}, cli.WithProfiles([]string{"*"}), cli.WithResolvedPaths(true))
	require.NoError(t, err)
	found, err := options.LoadProject(t.Context())
	require.NoError(t, err)
	return found
}

// TestComposeIsJudged: what the specification does not know is refused.
func TestComposeIsJudged(t *testing.T) {
	t.Parallel()
	for _, spoilt := range []string{
		"services: {a: {image: a, healthchek: {test: [NONE]}}}",
		"services: {a: {image: a, depends_on: [b]}}",
		"services: {a: {image: a, ports: [{target: x}]}}",
	} {
		file := t.TempDir() + "/docker-compose.yml"
		require.NoError(t, os.WriteFile(file, []byte("name: spoilt\n"+spoilt), 0o600))
		options, err := cli.NewProjectOptions([]string{file})
		require.NoError(t, err)
		_, err = options.LoadProject(t.Context())
		require.Error(t, err, spoilt)
	}
}

// TestCompose: what stays is watched and starts after what it needs is well;
// images do not change; nothing is reached from other machines; what is mounted is
// there.
func TestCompose(t *testing.T) {
	t.Parallel()
	p := project(t)
	pinned := regexp.MustCompile(`:v?\d+\.\d+(\.\d+)?(-[a-z0-9.]+)?$`)
	for name, s := range p.Services {
		stays := s.Restart == types.RestartPolicyUnlessStopped
		require.True(t, stays || strings.HasPrefix(s.Restart, "on-failure:"), name)
		require.Equal(t, stays, s.HealthCheck != nil, "%s: what stays is watched, what ends is not", name)
		if !ours(s) {
			require.Regexp(t, pinned, s.Image, name)
		} else {
			require.True(t, s.ReadOnly, name)
			require.Equal(t, []string{"ALL"}, s.CapDrop, name)
			require.GreaterOrEqual(t, time.Duration(*s.StopGracePeriod).Seconds(), float64(drainSeconds(name)), name)
		}
		for other, needed := range s.DependsOn {
			want := types.ServiceConditionCompletedSuccessfully
			if p.Services[other].HealthCheck != nil {
				want = types.ServiceConditionHealthy
			}
			require.Equal(t, want, needed.Condition, "%s needs %s", name, other)
		}
		for _, published := range s.Ports {
			require.Equal(t, "127.0.0.1", published.HostIP, name)
		}
		for _, mounted := range s.Volumes {
			if mounted.Type == types.VolumeTypeBind {
				_, err := os.Stat(mounted.Source)
				require.NoError(t, err, name)
				require.True(t, mounted.ReadOnly, name)
			}
		}
	}
}

// ours tells whether a service is of an image that is built here.
func ours(s types.ServiceConfig) bool {
	image, _, _ := strings.Cut(s.Image, ":")
	return image == "skald" || image == "skald-psp"
}

// TestComposeBuilds: each image of ours is built by one service, for compose builds
// side by side, and two of one name can be in each other's way; the others never look
// for it elsewhere.
func TestComposeBuilds(t *testing.T) {
	t.Parallel()
	built := map[string]int{}
	for name, s := range project(t).Services {
		switch {
		case s.Build != nil:
			require.FileExists(t, s.Build.Context+"/"+s.Build.Dockerfile, name)
			require.True(t, strings.HasPrefix(s.Image, s.Build.Target+":") || strings.HasPrefix(s.Image, "skald-"+s.Build.Target+":"), name)
			built[s.Build.Target]++
		case ours(s):
			require.Equal(t, types.PullPolicyNever, s.PullPolicy, name)
		}
	}
	require.Equal(t, map[string]int{"skald": 1, "psp": 1}, built)
}

// TestComposeRoles: every service runs, and knows its own database and no other's;
// the gateway knows where each is, and Prometheus too.
func TestComposeRoles(t *testing.T) {
	t.Parallel()
	p := project(t)
	scraped, err := os.ReadFile("../prometheus/prometheus.yml")
	require.NoError(t, err)
	at := map[string]string{}
	for place := range strings.SplitSeq(*p.Services["gateway"].Environment["SKALD_SERVICES"], ";") {
		name, url, _ := strings.Cut(place, "=")
		at[name] = url
	}
	require.Len(t, at, services)
	var migrated []string
	for database := range strings.SplitSeq(*p.Services["migrate"].Environment["SKALD_DATABASES"], ";") {
		name, _, _ := strings.Cut(database, "=")
		migrated = append(migrated, name)
	}
	for name, url := range at {
		s := p.Services[name]
		require.Equal(t, types.ShellCommand{"service", name}, s.Command)
		addr, host := *s.Environment["SKALD_SERVICE_ADDR"], strings.TrimPrefix(url, "http://")
		require.Equal(t, name+strings.TrimPrefix(addr, "0.0.0.0"), host)
		require.Contains(t, string(scraped), "["+host+"]")
		require.Equal(t, name+"=postgres://"+name+":"+name+"@postgres/"+name, *s.Environment["SKALD_DATABASES"])
		require.Contains(t, migrated, name)
		require.Equal(t, "http://127.0.0.1"+strings.TrimPrefix(addr, "0.0.0.0")+"/ready", s.HealthCheck.Test[3])
		secret := slices.ContainsFunc(s.Environment.ToMapping().Values(), func(v string) bool { return strings.HasPrefix(v, "STRIPE_API_KEY=") })
		require.Equal(t, name == "payment", secret, name)
		require.NotContains(t, s.Environment, "SKALD_API_KEY_SECRET")
	}
	require.NotContains(t, p.Services["gateway"].Environment, "SKALD_DATABASES")
	require.Contains(t, string(scraped), "[gateway:8080]")
}
