-- Purpose: frees a path for a new drop when the row that holds it belongs to another file.
-- Parameters: new file_path of the old row, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET file_path = ? WHERE id = ?
