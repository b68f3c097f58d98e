-- Purpose: records that a table takes no more files; runs in the transaction that retires, renames or deletes it.
-- Parameters: table_name, state, new_name, closed_at, closed_by, reason.
-- Result: none.
INSERT INTO [ref].[Reference_Data_Closed] (table_name, state, new_name, closed_at, closed_by, reason)
VALUES (?, ?, ?, ?, ?, ?)
