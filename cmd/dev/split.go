package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/skaldhq/skald/cmd/internal/platform"
	"github.com/skaldhq/skald/db"
	"github.com/skaldhq/skald/internal/config"
	"github.com/skaldhq/skald/workers"
)

const (
	gateway      = "gateway"
	notification = "notification"
)

// mostReplicas keeps a slip of the finger from filling the machine.
const mostReplicas = 8

// validateSplit checks the flags of a platform in many processes.
func (o options) validateSplit() error {
	if o.Split && o.InfraOnly {
		return errors.New("--split runs what --infra-only leaves out: give one of them")
	}
	for name, n := range o.Replicas {
		switch {
		case !o.Split:
			return errors.New("--replicas is for --split: give that too")
		case !slices.Contains(db.Services(), name):
			return fmt.Errorf("--replicas: there is no service %q: the services are %s", name, strings.Join(db.Services(), ", "))
		case n < 1 || n > mostReplicas:
			return fmt.Errorf("--replicas: of %s there can be 1 to %d processes", name, mostReplicas)
		}
	}
	return nil
}

// startSplit runs the front door and each service as a process of its own, with
// as many of a service as were asked for.
func (s *devStack) startSplit(ctx context.Context, c config.Config) error {
	if err := s.prepareOnly(ctx, c); err != nil {
		return err
	}
	var services []string
	for _, name := range db.Services() {
		var urls []string
		for n := range max(1, s.options.Replicas[name]) {
			addr, process := platform.ServiceAddr(name), name
			if n > 0 {
				process = fmt.Sprintf("%s-%d", name, n+1)
			}
			if n > 0 || s.options.FreePorts {
				addr = "127.0.0.1:0"
			}
			env := s.serviceEnvironment(name)
			if name == notification { // it asks those who started before it
				env["SKALD_SERVICES"] = strings.Join(services, ";")
			}
			url, err := s.startProcess(ctx, process, addr, env, "service", name)
			if err != nil {
				return err
			}
			urls = append(urls, url)
		}
		at := name + "=" + strings.Join(urls, " ")
		services = append(services, at)
		if name == "user" && len(s.demo.PayloadKeys) > 0 { // whose keys the others ask for
			s.info.Environment["SKALD_SERVICES"] = at
		}
	}
	_, err := s.startProcess(ctx, gateway, s.options.Addr, s.gatewayEnvironment(services), gateway)
	return err
}

// serviceEnvironment is what a service's process has to know: no other's database,
// of the payment provider only what moves money, of the mail server and of webhooks only what tells.
func (s *devStack) serviceEnvironment(name string) map[string]string {
	env := maps.Clone(s.info.Environment)
	env["SKALD_DATABASES"] = name + "=" + s.info.Databases[name]
	delete(env, "SKALD_API_KEY_SECRET")
	env["SKALD_BUILD_ID"] = workers.Unversioned
	if name != notification {
		maps.DeleteFunc(env, func(key, _ string) bool {
			return strings.HasPrefix(key, "SKALD_SMTP_") || strings.HasPrefix(key, "SKALD_WEBHOOK_")
		})
	}
	if name != "payment" {
		maps.DeleteFunc(env, func(key, _ string) bool { return strings.HasPrefix(key, "STRIPE_") })
	}
	return env
}

// gatewayEnvironment is what the front door's process has to know: no database.
func (s *devStack) gatewayEnvironment(services []string) map[string]string {
	env := s.serviceEnvironment("")
	delete(env, "SKALD_DATABASES")
	env["SKALD_SERVICES"] = strings.Join(services, ";")
	env["SKALD_API_KEY_SECRET"] = s.demo.KeySecret
	env["SKALD_MAX_CONNECTIONS"] = strconv.Itoa(s.options.Server.MaxConnections)
	l := s.options.Limits
	for name, n := range map[string]int{"PER_SECOND": l.PerSecond, "BURST": l.Burst, "UNKNOWN_PER_SECOND": l.UnknownPerSecond, "UNKNOWN_BURST": l.UnknownBurst} {
		env["SKALD_LIMIT_"+name] = strconv.Itoa(n)
	}
	if l.Redis != "" {
		env["SKALD_LIMIT_REDIS_URL"] = string(l.Redis)
	}
	var proxies []string
	for _, p := range l.Proxies {
		proxies = append(proxies, p.String())
	}
	if proxies != nil {
		env["SKALD_LIMIT_TRUSTED_PROXIES"] = strings.Join(proxies, ",")
	}
	return env
}
