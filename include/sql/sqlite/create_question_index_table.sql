-- Purpose: creates the index for the answers that a table keeps. Safe to run again.
-- Parameters: none. Result: none.
CREATE INDEX IF NOT EXISTS [ref].IX_Reference_Data_Question_table ON Reference_Data_Question (table_name, is_kept)
