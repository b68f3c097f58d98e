-- Purpose: the file is in an archive folder; this completes a loaded one.
-- Parameters: file_path, processed_at, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?, processed_at = ?, status = CASE WHEN status = 'loaded' THEN 'completed' ELSE status END
WHERE id = ?
