-- Purpose: creates the schema of the kept versions. Safe to run again.
-- Parameters: none. Result: none.
IF SCHEMA_ID(PARSENAME(N'[bkp]', 1)) IS NULL EXEC (N'CREATE SCHEMA [bkp]')
