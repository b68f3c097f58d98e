-- Purpose: the database, with the server's collation; runs in master, as one who may. Safe to run again.
-- Parameters: none; the name in brackets is the one to change. Result: none.
IF DB_ID(PARSENAME(N'[refdata]', 1)) IS NULL CREATE DATABASE [refdata]
