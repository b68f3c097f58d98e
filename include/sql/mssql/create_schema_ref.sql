-- Purpose: creates the schema of the reference tables, the ledger and the configuration. Safe to run again.
-- Parameters: none. Result: none.
IF SCHEMA_ID(PARSENAME(N'[ref]', 1)) IS NULL EXEC (N'CREATE SCHEMA [ref]')
