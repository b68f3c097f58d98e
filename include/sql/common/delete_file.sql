-- Purpose: takes the row of a load that published nothing out of the ledger.
-- Parameters: id.
-- Result: none.
DELETE FROM [ref].[File_Monitor_Tracking]
WHERE id = ? AND version_id IS NULL AND status IN ('error', 'duplicate', 'cancelled')
