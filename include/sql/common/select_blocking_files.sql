-- Purpose: which loads keep a load from its turn: those that run, and those that wait and may be older.
-- Parameters: table_name, id.
-- Result: id, file_path, file_name, status, file_mtime_ns, heartbeat_at.
SELECT id, file_path, file_name, status, file_mtime_ns, heartbeat_at
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND id <> ? AND status IN ('pending', 'processing', 'review')
ORDER BY file_mtime_ns, file_name
