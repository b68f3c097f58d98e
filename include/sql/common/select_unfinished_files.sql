-- Purpose: the rows of files that no archive holds yet as far as the ledger knows, for `refdata doctor`.
-- Parameters: none.
-- Result: no row or more, oldest first, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE status IN ('pending', 'processing', 'review', 'loaded')
  OR (status <> 'completed' AND (file_path LIKE 'reference_data_table/%' OR file_path LIKE 'none_reference_data_table/%'))
ORDER BY id
