-- Purpose: reads what the steps of a load found and did, for the file's history on the page.
-- Parameters: id.
-- Result: detected_format, table_changes, reference_config_inserted, heartbeat_at, origin_id.
SELECT detected_format, table_changes, reference_config_inserted, heartbeat_at, origin_id
FROM [ref].[File_Monitor_Tracking]
WHERE id = ?
