-- Purpose: failures that an earlier release kept as one text get their advice and the rest as columns. Safe to run again.
-- Parameters: none. Result: none.
UPDATE [ref].[File_Monitor_Tracking]
SET error_what = CASE WHEN INSTR(error_message, ' What to do: ') > 0
        THEN SUBSTR(error_message, 1, INSTR(error_message, ' What to do: ') - 1) ELSE error_message END,
    error_where = '',
    error_advice = CASE WHEN INSTR(error_message, ' What to do: ') > 0
        THEN SUBSTR(error_message, INSTR(error_message, ' What to do: ') + 13) ELSE '' END
WHERE error_message IS NOT NULL AND error_what IS NULL
