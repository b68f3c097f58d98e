-- Purpose: checks whether stage tables can be created in their own schema.
-- Parameters: none.
-- Result: is_usable (1 or 0; NULL if the schema does not exist).
SELECT CASE WHEN SCHEMA_ID(PARSENAME(N'[ref_stage]', 1)) IS NOT NULL
    THEN HAS_PERMS_BY_NAME(N'[ref_stage]', N'SCHEMA', N'ALTER') * HAS_PERMS_BY_NAME(N'[ref_stage]', N'SCHEMA', N'INSERT')
    * HAS_PERMS_BY_NAME(N'[ref_stage]', N'SCHEMA', N'SELECT') * HAS_PERMS_BY_NAME(N'[ref_stage]', N'SCHEMA', N'DELETE')
    END AS is_usable
