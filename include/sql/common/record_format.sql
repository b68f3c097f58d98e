-- Purpose: keeps what detection and the full scan found, unless another file has taken the place of the one that
--   they looked at.
--   Once the load has changed its table, the warnings about that cannot be found again: for the same content they stay.
-- Parameters: file_hash, detected_delimiter, detected_headers, detected_encoding, detected_format,
--   rows_read, rows_rejected, file_hash, warnings, id, file_identity or NULL for whichever is there.
-- Result: none; the count of changed rows is 0 when the row is of another file by now.
UPDATE [ref].[File_Monitor_Tracking]
SET file_hash = ?, detected_delimiter = ?, detected_headers = ?, detected_encoding = ?, detected_format = ?,
    rows_read = ?, rows_rejected = ?,
    warnings = CASE WHEN table_changes IS NOT NULL AND file_hash = ? THEN warnings ELSE ? END
WHERE id = ? AND file_identity = COALESCE(?, file_identity)
