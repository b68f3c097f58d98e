-- Purpose: creates the login's user in this database. Safe to run again.
-- Parameters: none; the name in brackets is the one to change. Result: none.
IF USER_ID(PARSENAME(N'[ingest_user]', 1)) IS NULL CREATE USER [ingest_user] FOR LOGIN [ingest_user]
