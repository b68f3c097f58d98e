-- Purpose: records that the file's content is already in the table and nothing was loaded.
-- Parameters: id, attempt.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'duplicate', rows_loaded = 0
WHERE id = ? AND attempt = ? AND status = 'processing'
