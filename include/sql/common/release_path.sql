-- Purpose: frees a path for a new drop when its row belongs to another file. If that file was loaded, but replaced
--   before
--   it was archived, its row is then complete.
-- Parameters: new file_path of the old row, processed_at, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?, processed_at = COALESCE(processed_at, ?),
    status = CASE WHEN status = 'loaded' THEN 'completed' ELSE status END
WHERE id = ?
