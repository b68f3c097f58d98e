-- Purpose: lists the loads that a load must wait for: those that are running, and waiting ones that may be older.
-- Parameters: table_name, id.
-- Result: zero or more rows, in the order of their turns, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE table_name = ? AND id <> ? AND status IN ('pending', 'processing', 'review')
ORDER BY order_key, file_mtime_ns, file_name
