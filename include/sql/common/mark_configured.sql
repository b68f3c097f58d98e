-- Purpose: records that the load's table is registered in the configuration.
-- Parameters: id.
-- Result: none.
UPDATE [ref].[File_Monitor_Tracking] SET reference_config_inserted = 1 WHERE id = ?
