-- Purpose: lists the newest files and what became of them, for people at a SQL prompt:
--   EXEC [ref].[sp_refdata_report_files].
-- Parameters: none here; of the procedure: @status and @table_name (NULL for all), @most rows.
-- Result: none here; of the procedure: id, file_name, table_name, status, rows_loaded, rows_rejected, version_id,
--   created_at, loaded_at, error_category, error_message.
CREATE PROCEDURE [ref].[sp_refdata_report_files]
    @status NVARCHAR(50) = NULL, @table_name NVARCHAR(255) = NULL, @most INT = 100
AS
SELECT TOP (@most) id, file_name, table_name, status, rows_loaded, rows_rejected, version_id, created_at, loaded_at,
    error_category, error_message
FROM [ref].[File_Monitor_Tracking]
WHERE (@status IS NULL OR status = @status) AND (@table_name IS NULL OR table_name = @table_name)
ORDER BY id DESC
