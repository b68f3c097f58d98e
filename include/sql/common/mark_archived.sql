-- Purpose: the file lies in an archive folder; a loaded one is completed by that.
-- Parameters: file_path, processed_at, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?, processed_at = ?, status = CASE WHEN status = 'loaded' THEN 'completed' ELSE status END
WHERE id = ?
