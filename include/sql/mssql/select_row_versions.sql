-- Purpose: whether readers see the rows before a change instead of waiting for it (READ_COMMITTED_SNAPSHOT).
-- Parameters: none.
-- Result: 1 or 0.
SELECT CAST(is_read_committed_snapshot_on AS INT) FROM sys.databases WHERE name = DB_NAME()
