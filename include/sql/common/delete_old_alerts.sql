-- Purpose: deletes the sent alerts that are older than a moment.
-- Parameters: raised_at.
-- Result: none.
DELETE FROM [ref].[Reference_Data_Alert]
WHERE raised_at < ? AND sent_at IS NOT NULL
