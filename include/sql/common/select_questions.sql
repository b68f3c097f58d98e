-- Purpose: lists the questions of a load in the order they were asked.
-- Parameters: load_id.
-- Result: the columns listed.
SELECT id, load_id, table_name, file_name, kind, document, asked_at, choice, is_kept, answered_by, reason, answered_at,
    withdrawn_by, withdrawn_at
FROM [ref].[Reference_Data_Question]
WHERE load_id = ?
ORDER BY id
