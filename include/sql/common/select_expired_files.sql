-- Purpose: lists the loads that ended before a moment and published no rows or version, so that nothing refers to them.
-- Parameters: processed_at.
-- Result: zero or more rows, oldest first, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE processed_at < ? AND version_id IS NULL AND status IN ('error', 'duplicate', 'cancelled')
ORDER BY id
