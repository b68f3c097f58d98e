-- Purpose: assigns a file that waits for its answer to another table.
-- Parameters: table_name, id.
-- Result: none; the count of changed rows is 1 where the load is still in flight.
UPDATE [ref].[File_Monitor_Tracking]
SET table_name = ?
WHERE id = ? AND status IN ('pending', 'processing', 'review')
