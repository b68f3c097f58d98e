-- Purpose: creates the unique index on a table's versions with learned contracts. Safe to run again.
-- Parameters: none. Result: none.
CREATE UNIQUE INDEX IF NOT EXISTS [ref].UX_Reference_Data_Contract_version
ON Reference_Data_Contract (table_name, version_id)
