-- Purpose: creates the database with the server's collation; run it in master, with the right to create databases.
--   Safe to run again.
-- Parameters: none; the name in brackets is the one to change. Result: none.
IF DB_ID(PARSENAME(N'[refdata]', 1)) IS NULL CREATE DATABASE [refdata]
