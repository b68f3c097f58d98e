-- Purpose: reads the ledger row of a path, in flight or archived.
-- Parameters: file_path.
-- Result: one row or none, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE file_path = ?
