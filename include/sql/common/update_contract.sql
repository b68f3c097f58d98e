-- Purpose: corrects what is known about a table's files at its latest version with a learned contract.
-- Parameters: document, table_name, table_name.
-- Result: none.
UPDATE [ref].[Reference_Data_Contract]
SET document = ?
WHERE table_name = ? AND version_id = (SELECT MAX(version_id) FROM [ref].[Reference_Data_Contract] WHERE table_name = ?)
