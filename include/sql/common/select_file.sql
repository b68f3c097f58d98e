-- Purpose: reads one ledger row.
-- Parameters: id.
-- Result: one row or none, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE id = ?
