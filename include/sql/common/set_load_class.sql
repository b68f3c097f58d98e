-- Purpose: a load gets the class of its table, whatever folder its file was dropped in.
-- Parameters: is_reference_data, id, attempt.
-- Result: none; the count of changed rows is 1 if the attempt has its table's turn.
UPDATE [ref].[File_Monitor_Tracking]
SET is_reference_data = ?
WHERE id = ? AND attempt = ? AND status = 'processing'
