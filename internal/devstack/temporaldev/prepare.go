package temporaldev

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/metrics"
	"go.temporal.io/server/common/persistence/sql"
	"go.temporal.io/server/common/persistence/sql/sqlplugin"
	"go.temporal.io/server/common/resolver"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention is how long an ended workflow stays to be looked at.
const retention = 30 * 24 * time.Hour

// forgetMembers drops the services of the last run from the list of those that
// a start tries to join. It would take them for alive for 20 s after their end,
// and then for up to 40 s hand no task to a worker.
func forgetMembers(ctx context.Context, db *config.SQL) error {
	conn, err := sql.NewSQLDB(sqlplugin.DbKindMain, db, resolver.NewNoopResolver(), log.NewNoopLogger(), metrics.NoopMetricsHandler)
	if err != nil {
		return err
	}
	_, err = conn.PruneClusterMembership(ctx, &sqlplugin.PruneClusterMembershipFilter{
		PruneRecordsBefore: time.Now().AddDate(1, 0, 0), // they expire in 48 h
	})
	return errors.Join(err, conn.Close())
}

// prepare makes the database's schema and its namespace, once. The file gets
// its name when it is whole.
func prepare(file string, o Options) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	draft := file + ".new"
	if err := os.Remove(draft); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	db := database(draft)
	delete(db.ConnectAttributes, "journal_mode") // so that it is one file
	if err := sqlite.SetupSchema(db); err != nil {
		return err
	}
	attributes := map[string]enums.IndexedValueType{}
	for _, name := range o.SearchAttributes {
		attributes[name] = enums.INDEXED_VALUE_TYPE_KEYWORD
	}
	namespace, err := sqlite.NewNamespaceConfig(clusterName, o.Namespace, false, attributes)
	if err != nil {
		return err
	}
	namespace.Detail.Config.Retention = durationpb.New(retention)
	if err := sqlite.CreateNamespaces(db, namespace); err != nil {
		return err
	}
	return os.Rename(draft, file)
}
