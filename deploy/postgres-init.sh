#!/bin/sh
# Run once by the Postgres image on an empty volume: five databases, three roles each, as everywhere.
set -eu
set --
for service in identity court regulatory enforcement projection; do
  for role in owner writer reader; do
    name=$(printf 'WRIT_%s_%s_PASSWORD' "$service" "$role" | tr '[:lower:]' '[:upper:]')
    eval "secret=\${$name:?is required}"
    set -- "$@" -v "writ_${service}_${role}=$secret"
  done
done
exec psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" "$@" -f /writ/grants.sql postgres
