-- Purpose: records that the rows of all versions of a table were deleted; runs in the transaction that deletes the table.
-- Parameters: version_removed_at, table_name.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET version_removed_at = ?
WHERE table_name = ? AND version_id IS NOT NULL AND version_removed_at IS NULL
