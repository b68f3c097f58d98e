-- Purpose: deletes the test load of `refdata validate` from the ledger; its table has been dropped.
-- Parameters: id, pattern of the test files' names.
-- Result: none.
DELETE FROM [ref].[File_Monitor_Tracking]
WHERE id = ? AND table_name LIKE ?
