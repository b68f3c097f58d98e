-- Purpose: records that the rows kept under a version were deleted; runs in the transaction that deletes them.
-- Parameters: version_removed_at, table_name, version_id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET version_removed_at = ? WHERE table_name = ? AND version_id = ?
