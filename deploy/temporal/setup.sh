#!/bin/sh
# Brings Temporal's two databases to the schema of the server of the same version. It may run again, and does at each
# start: a newer version upgrades what an older one left.
set -eu
for half in temporal visibility; do
  database=$half
  [ "$half" = temporal ] || database=temporal_visibility
  tool="temporal-sql-tool --plugin postgres12 --ep $POSTGRES_SEEDS --port 5432 --user $POSTGRES_USER --db $database"
  $tool setup-schema -v 0.0
  $tool update-schema -d "/etc/temporal/schema/postgresql/v12/$half/versioned"
done
