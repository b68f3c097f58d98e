-- Purpose: creates the schema of the stage tables, which readers need no right to see. Safe to run again.
-- Parameters: none. Result: none.
IF SCHEMA_ID(PARSENAME(N'[ref_stage]', 1)) IS NULL EXEC (N'CREATE SCHEMA [ref_stage]')
