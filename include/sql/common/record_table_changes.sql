-- Purpose: what the load changes in its table, in words. A repeated step that finds nothing left to change keeps what
--   the first one did.
-- Parameters: the words, id, 1 when something changes.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET table_changes = ?
WHERE id = ? AND (? = 1 OR table_changes IS NULL)
