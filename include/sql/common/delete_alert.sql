-- Purpose: deletes an alert that could not be sent; the next check raises it again with the state at that time.
-- Parameters: id.
-- Result: none.
DELETE FROM [ref].[Reference_Data_Alert]
WHERE id = ?
