-- Purpose: records that the file is in an archive folder, which completes a loaded file.
-- Parameters: file_path, processed_at, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?, processed_at = ?, status = CASE WHEN status = 'loaded' THEN 'completed' ELSE status END
WHERE id = ?
