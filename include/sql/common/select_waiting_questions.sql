-- Purpose: lists the unanswered questions of held loads, oldest first.
-- Parameters: none.
-- Result: the columns listed.
SELECT asked.id, asked.load_id, asked.table_name, asked.file_name, asked.kind, asked.document, asked.asked_at,
    asked.choice, asked.is_kept, asked.answered_by, asked.reason, asked.answered_at, asked.withdrawn_by,
    asked.withdrawn_at
FROM [ref].[Reference_Data_Question] AS asked
JOIN [ref].[File_Monitor_Tracking] AS held ON held.id = asked.load_id
WHERE held.status = 'review' AND asked.answered_at IS NULL
ORDER BY asked.id
