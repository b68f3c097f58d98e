-- Purpose: splits failures that an earlier release stored as one text into columns for what, where and advice. Safe to
--   run again.
-- Parameters: none. Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET error_what = CASE WHEN CHARINDEX(N' What to do: ', error_message) > 0
        THEN SUBSTRING(error_message, 1, CHARINDEX(N' What to do: ', error_message) - 1) ELSE error_message END,
    error_where = N'',
    error_advice = CASE WHEN CHARINDEX(N' What to do: ', error_message) > 0
        THEN SUBSTRING(error_message, CHARINDEX(N' What to do: ', error_message) + 13, 4000) ELSE N'' END
WHERE error_message IS NOT NULL AND error_what IS NULL
