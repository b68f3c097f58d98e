-- Purpose: takes the canary of `refdata validate` out of the ledger; its table is gone.
-- Parameters: id, pattern of the canaries' names.
-- Result: none.
DELETE FROM [ref].[File_Monitor_Tracking]
WHERE id = ? AND table_name LIKE ?
