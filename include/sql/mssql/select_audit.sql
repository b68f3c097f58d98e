-- Purpose: reads a page of the audit trail, newest first.
-- Parameters: table_name or NULL, twice, action or NULL, twice, LIKE pattern of the actor or NULL, twice, rows before the page, rows of the page.
-- Result: the columns listed.
SELECT id, happened_at, action, actor, table_name, load_id, version_id, subject, reason, detail
FROM [ref].[Reference_Data_Audit]
WHERE (? IS NULL OR table_name = ?)
  AND (? IS NULL OR action = ?)
  AND (? IS NULL OR actor LIKE ? ESCAPE '\')
ORDER BY id DESC
OFFSET ? ROWS FETCH NEXT ? ROWS ONLY
