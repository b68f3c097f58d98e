-- Purpose: creates the unique index on a load's questions, so that each is asked once, unless an index leads with
--   the load. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (
    SELECT 1
    FROM sys.index_columns AS part
    JOIN sys.columns AS named ON named.object_id = part.object_id AND named.column_id = part.column_id
    WHERE part.object_id = OBJECT_ID(N'[ref].[Reference_Data_Question]') AND part.key_ordinal = 1 AND named.name = N'load_id'
)
CREATE UNIQUE INDEX [UX_Reference_Data_Question_load] ON [ref].[Reference_Data_Question] (load_id, fingerprint)
