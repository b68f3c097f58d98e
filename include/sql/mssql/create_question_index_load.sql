-- Purpose: a load asks each question once, and its questions are found by it. Safe to run again.
-- Parameters: none. Result: none.
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = N'UX_Reference_Data_Question_load'
               AND object_id = OBJECT_ID(N'[ref].[Reference_Data_Question]', N'U'))
CREATE UNIQUE INDEX UX_Reference_Data_Question_load ON [ref].[Reference_Data_Question] (load_id, fingerprint)
