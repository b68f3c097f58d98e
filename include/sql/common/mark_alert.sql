-- Purpose: records when an alert was sent, or that it was not.
-- Parameters: sent_at or NULL, id.
-- Result: none.
UPDATE [ref].[Reference_Data_Alert]
SET sent_at = ?
WHERE id = ?
