-- Purpose: splits failures that an earlier release stored as one text into columns for what, where and advice. Safe to
--   run again.
-- Parameters: none. Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET error_what = CASE WHEN INSTR(error_message, ' What to do: ') > 0
        THEN SUBSTR(error_message, 1, INSTR(error_message, ' What to do: ') - 1) ELSE error_message END,
    error_where = '',
    error_advice = CASE WHEN INSTR(error_message, ' What to do: ') > 0
        THEN SUBSTR(error_message, INSTR(error_message, ' What to do: ') + 13) ELSE '' END
WHERE error_message IS NOT NULL AND error_what IS NULL
