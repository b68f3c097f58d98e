#!/usr/bin/env bash
# Creates database, login and schemas; safe to run again. Runs in SQL Server's image, beside the server.
# Needs SQLCMDSERVER, SQLCMDUSER and SQLCMDPASSWORD, and the three variables that the scripts use.
set -euo pipefail
for name in REFDATA_DATABASE REFDATA_LOGIN REFDATA_DB_PASSWORD; do
    # sqlcmd inserts variables into the text unchanged, so only values that need no quoting are passed.
    if [[ ! ${!name} =~ ^[A-Za-z0-9_-]+$ ]]; then
        echo "$name may have letters, digits, - and _ only: correct it in .env" >&2
        exit 1
    fi
done
run() { # DATABASE FILE. -b: an error ends it; -C: the server's certificate is its own; -I: quoted identifiers
    echo "$2 in $1"
    /opt/mssql-tools18/bin/sqlcmd -b -C -I -l 30 -d "$1" -i "$2"
}
run master /docker/create_database.sql
run master /docker/create_login.sql
run "$REFDATA_DATABASE" /sql/create_schema_ref.sql
run "$REFDATA_DATABASE" /sql/create_schema_bkp.sql
run "$REFDATA_DATABASE" /sql/create_schema_stage.sql
for right in create_role grant_schema_ref grant_schema_bkp grant_schema_stage grant_alter_schema_ref \
    grant_alter_schema_bkp grant_alter_schema_stage grant_create_table create_user add_role_member; do
    # The login's name appears there in brackets, and nowhere else.
    sed "s/\[ingest_user\]/[$REFDATA_LOGIN]/g" "/sql/$right.sql" >"/tmp/$right.sql"
    run "$REFDATA_DATABASE" "/tmp/$right.sql"
done
