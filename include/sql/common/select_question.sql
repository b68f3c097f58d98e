-- Purpose: one question, with its answer.
-- Parameters: id.
-- Result: the columns listed; no row where there is no such question.
SELECT id, load_id, table_name, file_name, kind, document, asked_at, choice, is_kept, answered_by, reason, answered_at,
    withdrawn_by, withdrawn_at
FROM [ref].[Reference_Data_Question]
WHERE id = ?
