-- Purpose: reads the number of the ledger's newest row, 0 before the first; a page sees by it that something happened.
-- Parameters: none.
-- Result: id.
SELECT COALESCE(MAX(id), 0) AS id
FROM [ref].[File_Monitor_Tracking]
