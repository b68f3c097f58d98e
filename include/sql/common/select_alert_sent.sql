-- Purpose: finds when an alert of a category was last sent.
-- Parameters: category.
-- Result: one row with sent_at or NULL.
SELECT MAX(sent_at)
FROM [ref].[Reference_Data_Alert]
WHERE category = ?
