-- Purpose: lists a category's alerts that wait to be sent, oldest first.
-- Parameters: category.
-- Result: the columns listed.
SELECT id, category, title, message, file_path, dag_run_id, url
FROM [ref].[Reference_Data_Alert]
WHERE category = ? AND sent_at IS NULL
ORDER BY id
