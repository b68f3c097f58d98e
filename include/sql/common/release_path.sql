-- Purpose: frees a path for a new drop when the row that holds it belongs to another file. A loaded one, whose file
--   was replaced before it came to the archive, is complete by that.
-- Parameters: new file_path of the old row, processed_at, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?, processed_at = COALESCE(processed_at, ?),
    status = CASE WHEN status = 'loaded' THEN 'completed' ELSE status END
WHERE id = ?
