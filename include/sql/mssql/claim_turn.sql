-- Purpose: gives a load its table's turn: no other load of the table runs and none waits that is older
--   by mtime, then name. Raises attempt, which fences every earlier attempt off.
--   Names compare byte by byte, as everywhere else: in the order of a server, which passes over hyphens and case, two
--   files of one mtime would load in this order or that.
--   A row that is of another file by now gives nothing.
-- Parameters: started_at, heartbeat_at, id, file_identity, table_name, id, file_mtime_ns, file_mtime_ns, file_name.
-- Result: none; the count of changed rows is 1 when the turn was given.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'processing', attempt = attempt + 1, started_at = ?, heartbeat_at = ?, rows_staged = NULL
WHERE id = ? AND file_identity = ? AND status IN ('pending', 'processing', 'review')
  AND NOT EXISTS (
    SELECT 1 FROM [ref].[File_Monitor_Tracking] AS other
    WHERE other.table_name = ? AND other.id <> ?
      AND (other.status IN ('processing', 'review')
        OR (other.status = 'pending'
          AND (other.file_mtime_ns < ? OR (other.file_mtime_ns = ? AND other.file_name COLLATE Latin1_General_BIN2 < ?)))))
