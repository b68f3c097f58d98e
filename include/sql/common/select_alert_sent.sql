-- Purpose: when an alert of a category was sent last.
-- Parameters: category.
-- Result: one row with sent_at or NULL.
SELECT MAX(sent_at)
FROM [ref].[Reference_Data_Alert]
WHERE category = ?
