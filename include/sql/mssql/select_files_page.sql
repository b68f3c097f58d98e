-- Purpose: reads a page of the ledger, newest first, for the page and the command line. The code replaces the
--   ORDER BY line for another order, so that line must be the same in every engine's file.
-- Parameters: status or NULL, twice, text to search for in name or table (LIKE pattern), or NULL, three times,
--   rows before the page, rows of the page.
-- Result: the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE (? IS NULL OR status = ?)
  AND (? IS NULL OR file_name LIKE ? ESCAPE N'\' OR table_name LIKE ? ESCAPE N'\')
ORDER BY id DESC
OFFSET ? ROWS FETCH NEXT ? ROWS ONLY
