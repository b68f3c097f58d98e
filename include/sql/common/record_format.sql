-- Purpose: keeps what detection and the full scan found.
-- Parameters: file_hash, detected_delimiter, detected_headers, detected_encoding, detected_format,
--   rows_read, rows_rejected, warnings, id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET file_hash = ?, detected_delimiter = ?, detected_headers = ?, detected_encoding = ?, detected_format = ?,
    rows_read = ?, rows_rejected = ?, warnings = ?
WHERE id = ?
