-- Purpose: stores the results of detection and of the full scan, unless the path has another file by now.
--   The warnings are kept for the same content: once the load has changed its table, they cannot be found again.
--   So are the rejects of a published load, because rules and keys rejected some of them after the scan.
-- Parameters: file_hash, detected_delimiter, detected_headers, detected_encoding, detected_format,
--   rows_read, file_hash, rows_rejected, file_hash, warnings, id, file_identity or NULL for any.
-- Result: none; the count of changed rows is 0 if the row belongs to another file by now.
UPDATE [ref].[File_Monitor_Tracking]
SET file_hash = ?, detected_delimiter = ?, detected_headers = ?, detected_encoding = ?, detected_format = ?,
    rows_read = ?,
    rows_rejected = CASE WHEN version_id IS NOT NULL AND file_hash = ? THEN rows_rejected ELSE ? END,
    warnings = CASE WHEN table_changes IS NOT NULL AND file_hash = ? THEN warnings ELSE ? END
WHERE id = ? AND file_identity = COALESCE(?, file_identity)
