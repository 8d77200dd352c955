#!/bin/sh
# Run once by the database container when its folder is empty: the roles, their passwords, the database.
set -eu
psql --set ON_ERROR_STOP=1 --username postgres --file /roles.sql
psql --set ON_ERROR_STOP=1 --username postgres --set app="$APP_PASSWORD" --set migrator="$MIGRATOR_PASSWORD" <<'SQL'
ALTER ROLE app PASSWORD :'app';
ALTER ROLE migrator PASSWORD :'migrator';
CREATE DATABASE safe_return OWNER owner;
SQL
