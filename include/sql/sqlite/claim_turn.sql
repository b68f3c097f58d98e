-- Purpose: gives a load its table's turn if no other load of the table is running and no earlier one is waiting.
--   Increments attempt, which fences off every earlier attempt. A row that belongs to another file by now gets no turn.
--   A row without order_key was written by a worker of an earlier release; it is ordered by mtime, then name.
-- Parameters: started_at, heartbeat_at, id, file_identity, table_name, id, order_key.
-- Result: none; the count of changed rows is 1 if the load got the turn.
UPDATE [ref].[File_Monitor_Tracking]
SET status = 'processing', attempt = attempt + 1, started_at = ?, heartbeat_at = ?, rows_staged = NULL
WHERE id = ? AND file_identity = ? AND status IN ('pending', 'processing', 'review')
  AND NOT EXISTS (
    SELECT 1 FROM [ref].[File_Monitor_Tracking] AS other
    WHERE other.table_name = ? AND other.id <> ?
      AND (other.status IN ('processing', 'review')
        OR (other.status = 'pending'
          AND COALESCE(other.order_key,
            CASE WHEN other.file_mtime_ns < 0 THEN PRINTF('0%019d', other.file_mtime_ns + 9223372036854775807 + 1)
              ELSE PRINTF('1%019d', other.file_mtime_ns) END || other.file_name) < ?)))
