-- Purpose: records the answer to a question; the first answer counts.
-- Parameters: choice, is_kept, answered_by, reason, answered_at, load_id, fingerprint.
-- Result: none; 0 rows if it is already answered.
UPDATE [ref].[Reference_Data_Question]
SET choice = ?, is_kept = ?, answered_by = ?, reason = ?, answered_at = ?
WHERE load_id = ? AND fingerprint = ? AND answered_at IS NULL
