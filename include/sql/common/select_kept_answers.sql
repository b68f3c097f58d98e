-- Purpose: lists the answers that a table keeps for its later files, oldest first, without withdrawn ones.
-- Parameters: table_name.
-- Result: the columns listed.
SELECT id, load_id, table_name, file_name, kind, document, asked_at, choice, is_kept, answered_by, reason, answered_at,
    withdrawn_by, withdrawn_at
FROM [ref].[Reference_Data_Question]
WHERE table_name = ? AND is_kept = 1 AND withdrawn_at IS NULL
ORDER BY id
