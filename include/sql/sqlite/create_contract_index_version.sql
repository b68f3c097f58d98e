-- Purpose: one learned contract for each version of a table, found by it. Safe to run again.
-- Parameters: none. Result: none.
CREATE UNIQUE INDEX IF NOT EXISTS [ref].UX_Reference_Data_Contract_version
ON Reference_Data_Contract (table_name, version_id)
