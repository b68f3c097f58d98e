-- Purpose: registers a reference table.
-- Parameters: ref_name, sp_name, source_db, source_schema, source_table, created_at, created_by.
-- Result: none.
INSERT INTO [ref].[Reference_Data_Cfg]
    (ref_name, sp_name, source_db, source_schema, source_table, is_enabled, created_at, created_by)
VALUES (?, ?, ?, ?, ?, 1, ?, ?)
