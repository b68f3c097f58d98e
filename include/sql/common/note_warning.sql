-- Purpose: replaces the warnings of a load (a JSON array of sentences), when there is something to report after it.
-- Parameters: warnings, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET warnings = ? WHERE id = ?
