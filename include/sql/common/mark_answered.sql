-- Purpose: lets a held load continue after its question was answered; it waits for its table's turn again.
-- Parameters: id, attempt.
-- Result: none; the count of changed rows is 1 when that attempt was held.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'pending'
WHERE id = ? AND attempt = ? AND status = 'review'
