-- Purpose: lists the loads that a load must wait for: those that are running, and waiting ones that may be older.
-- Parameters: table_name, id.
-- Result: id, file_path, file_name, status; in the order of their turns.
SELECT id, file_path, file_name, status
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND id <> ? AND status IN ('pending', 'processing', 'review')
ORDER BY order_key, file_mtime_ns, file_name
