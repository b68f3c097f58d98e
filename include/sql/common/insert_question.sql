-- Purpose: stores a question of a load; a load that is repeated does not ask it twice.
-- Parameters: load_id, table_name, file_name, kind, column_name, fingerprint, subject, document, asked_at, load_id,
--   fingerprint.
-- Result: none.
INSERT INTO [ref].[Reference_Data_Question]
    (load_id, table_name, file_name, kind, column_name, fingerprint, subject, document, asked_at)
SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?
WHERE NOT EXISTS (SELECT 1 FROM [ref].[Reference_Data_Question] WHERE load_id = ? AND fingerprint = ?)
