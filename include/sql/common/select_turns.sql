-- Purpose: lists the loads in flight, of all tables, for those that wait for their turn.
-- Parameters: none.
-- Result: zero or more rows: id, table_name, file_path, status, order_key, file_mtime_ns, file_name, heartbeat_at.
SELECT id, table_name, file_path, status, order_key, file_mtime_ns, file_name, heartbeat_at
FROM [ref].[File_Monitor_Tracking]
WHERE status IN ('pending', 'processing', 'review')
