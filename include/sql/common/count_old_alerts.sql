-- Purpose: counts the sent alerts that are older than a moment.
-- Parameters: raised_at.
-- Result: one row with the number.
SELECT COUNT(*)
FROM [ref].[Reference_Data_Alert]
WHERE raised_at < ? AND sent_at IS NOT NULL
