-- Purpose: lists the files that are not archived yet according to the ledger, for `refdata doctor`.
-- Parameters: none.
-- Result: zero or more rows, oldest first, with the columns listed.
SELECT /* load columns */ *
FROM [ref].[File_Monitor_Tracking]
WHERE status IN ('pending', 'processing', 'review', 'loaded')
  OR (status <> 'completed' AND (file_path LIKE 'reference_data_table/%' OR file_path LIKE 'none_reference_data_table/%'))
ORDER BY id
