-- Purpose: an archived file is in another folder now. A row that names another path meanwhile is left alone.
-- Parameters: file_path, id, file_path so far.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?
WHERE id = ? AND file_path = ?
