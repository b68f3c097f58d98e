-- Purpose: records in words what the load changes in its table. A repeated step that has nothing left to change keeps
--   the text of the first one.
-- Parameters: the words, id, 1 when something changes.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET table_changes = ?
WHERE id = ? AND (? = 1 OR table_changes IS NULL)
