-- Purpose: takes back an alert that could not be sent and is raised again as things are then.
-- Parameters: id.
-- Result: none.
DELETE FROM [ref].[Reference_Data_Alert]
WHERE id = ?
