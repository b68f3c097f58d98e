-- Purpose: creates the audit trail's index on table_name. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].IX_Reference_Data_Audit_table_name ON Reference_Data_Audit (table_name)
