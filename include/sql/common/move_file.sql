-- Purpose: records the new folder of an archived file. A row that names another path by now is left unchanged.
-- Parameters: new file_path, id, previous file_path.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_path = ?
WHERE id = ? AND file_path = ?
