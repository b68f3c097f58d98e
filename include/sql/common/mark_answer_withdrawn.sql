-- Purpose: withdraws an answer that was kept for a table's later files.
-- Parameters: withdrawn_by, withdrawn_at, id.
-- Result: none; 0 rows if it is not kept or already withdrawn.
UPDATE [ref].[Reference_Data_Question]
SET withdrawn_by = ?, withdrawn_at = ?
WHERE id = ? AND is_kept = 1 AND withdrawn_at IS NULL
