package temporaldev

import (
	"net"
	"net/url"
	"strconv"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	sqliteplugin "go.temporal.io/server/common/persistence/sql/sqlplugin/sqlite"
)

// database is the SQLite file as Temporal is told of it, which puts the name
// into a URI. One connection: more of them meet "database is locked" where a
// reader turns writer.
func database(file string) *config.SQL {
	return &config.SQL{
		PluginName:   sqliteplugin.PluginName,
		DatabaseName: (&url.URL{Path: file}).EscapedPath(),
		ConnectAttributes: map[string]string{
			"mode": "rwc", "journal_mode": "wal", "synchronous": "normal", "busy_timeout": "10000",
			"cache_size": "-65536", "temp_store": "memory",
		},
	}
}

// settings are what differs from the server's defaults, which are made for a
// cluster. The caps on polls put 50 ms on every step of a workflow; more than
// one partition of a task queue adds a tail of 100 ms; tasks that are done are
// walked over again by each new one until the next acknowledgement, which by
// default comes every 30 s and then costs a quarter of the processor; a long poll
// that waits 20 s hides a lost wake-up for as long; and ten lists of workflows a
// second are few for an operator, the Web UI and the housekeeping together. That
// a version is drained is told after minutes, which suit a visibility that lags.
// A task that nobody could work on, for want of a key, is given again each minute
// and not each ten. Fairness costs a little, so only the queues have it that want it.
func settings(fair []string) dynamicconfig.StaticClient {
	var fairness []dynamicconfig.ConstrainedValue
	for _, queue := range fair {
		fairness = append(fairness, dynamicconfig.ConstrainedValue{Constraints: dynamicconfig.Constraints{TaskQueueName: queue}, Value: true})
	}
	return dynamicconfig.StaticClient{
		dynamicconfig.TransferProcessorMaxPollRPS.Key():                  2000,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():                     2000,
		dynamicconfig.VisibilityProcessorMaxPollRPS.Key():                2000,
		dynamicconfig.TransferProcessorUpdateAckInterval.Key():           time.Second,
		dynamicconfig.TimerProcessorUpdateAckInterval.Key():              time.Second,
		dynamicconfig.VisibilityProcessorUpdateAckInterval.Key():         time.Second,
		dynamicconfig.HistoryLongPollExpirationInterval.Key():            1500 * time.Millisecond,
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key():           1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key():          1,
		dynamicconfig.MatchingEnableFairness.Key():                       fairness,
		dynamicconfig.VersionDrainageStatusVisibilityGracePeriod.Key():   5 * time.Second,
		dynamicconfig.VersionDrainageStatusRefreshInterval.Key():         5 * time.Second,
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key():      true,
		dynamicconfig.WorkflowTaskRetryMaxInterval.Key():                 time.Minute,
		dynamicconfig.FrontendRPS.Key():                                  100000,
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 200,
		dynamicconfig.EnableServerVersionCheck.Key():                     false, // it calls home
	}
}

// configuration is a whole cluster in one process, all of it on loopback; free are ports
// for what is reached from within only.
func configuration(addr string, free []int, db *config.SQL, inject *config.FaultInjection) (*config.Config, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		return nil, err
	}
	services := map[string]config.Service{}
	for i, name := range []string{"frontend", "history", "matching", "worker"} {
		grpc := free[2*i]
		if name == "frontend" {
			grpc = port
		}
		services[name] = config.Service{RPC: config.RPC{GRPCPort: grpc, MembershipPort: free[2*i+1], BindOnIP: host}}
	}
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: host},
		},
		Persistence: config.Persistence{
			DefaultStore: sqliteplugin.PluginName, VisibilityStore: sqliteplugin.PluginName, NumHistoryShards: 1,
			DataStores: map[string]config.DataStore{sqliteplugin.PluginName: {SQL: db, FaultInjection: inject}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: addr},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: addr},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
	}, nil
}
