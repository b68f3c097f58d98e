-- Purpose: a load asks each question once, and its questions are found by it. Safe to run again.
-- Parameters: none. Result: none.
CREATE UNIQUE INDEX IF NOT EXISTS [ref].UX_Reference_Data_Question_load
ON Reference_Data_Question (load_id, fingerprint)
