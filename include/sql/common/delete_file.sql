-- Purpose: deletes a load that published nothing from the ledger.
-- Parameters: id.
-- Result: none.
DELETE FROM [ref].[File_Monitor_Tracking]
WHERE id = ? AND version_id IS NULL AND status IN ('error', 'duplicate', 'cancelled')
