#!/bin/sh
# Makes a database and a role a service, and those of Temporal, in an empty Postgres cluster. A role owns its database
# and can connect to no other. The official image runs this once, when its volume is new.
# Passwords: POSTGRES_PASSWORD_<NAME in upper case>, of each.
set -eu

provision() { # role, and the databases that it owns
  role=$1
  shift
  password=$(printenv "POSTGRES_PASSWORD_$(echo "$role" | tr '[:lower:]' '[:upper:]')")
  psql --no-psqlrc -v ON_ERROR_STOP=1 -v role="$role" -v password="$password" --dbname "${POSTGRES_DB:-postgres}" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
SQL
  for database in "$@"; do
    psql --no-psqlrc -v ON_ERROR_STOP=1 -v role="$role" -v database="$database" --dbname "${POSTGRES_DB:-postgres}" <<'SQL'
CREATE DATABASE :"database" OWNER :"role";
REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"role";
SQL
  done
}

export PGUSER="${POSTGRES_USER:-postgres}"
psql --no-psqlrc -v ON_ERROR_STOP=1 --dbname "${POSTGRES_DB:-postgres}" \
  -c 'REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC'

for service in user product pricing inventory payment order notification; do
  provision "$service" "$service"
done
provision temporal temporal temporal_visibility
