-- Purpose: keeps what detection and the full scan found, unless another file has taken the place of the one that
--   they looked at.
-- Parameters: file_hash, detected_delimiter, detected_headers, detected_encoding, detected_format,
--   rows_read, rows_rejected, warnings, id, file_identity or NULL for whichever is there.
-- Result: none; the count of changed rows is 0 when the row is of another file by now.
UPDATE [ref].[File_Monitor_Tracking]
SET file_hash = ?, detected_delimiter = ?, detected_headers = ?, detected_encoding = ?, detected_format = ?,
    rows_read = ?, rows_rejected = ?, warnings = ?
WHERE id = ? AND file_identity = COALESCE(?, file_identity)
