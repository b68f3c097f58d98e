-- Purpose: finds the answers that a table keeps. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = N'IX_Reference_Data_Question_table'
               AND object_id = OBJECT_ID(N'[ref].[Reference_Data_Question]', N'U'))
CREATE INDEX IX_Reference_Data_Question_table ON [ref].[Reference_Data_Question] (table_name, is_kept)
