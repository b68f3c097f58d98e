-- Purpose: stores what the load of a version showed about the table's files; runs inside the publishing transaction.
-- Parameters: table_name, version_id, load_id, recorded_at, document.
-- Result: none.
INSERT INTO [ref].[Reference_Data_Contract] (table_name, version_id, load_id, recorded_at, document)
VALUES (?, ?, ?, ?, ?)
