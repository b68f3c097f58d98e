-- Purpose: creates the table of questions, each with its answer. Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Question]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Question] (
    id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    load_id INT NOT NULL,
    table_name NVARCHAR(255) NOT NULL,
    file_name NVARCHAR(255) NOT NULL,
    kind NVARCHAR(50) NOT NULL,
    column_name NVARCHAR(128) NOT NULL,
    fingerprint NVARCHAR(16) NOT NULL,
    subject NVARCHAR(500) NOT NULL,
    document NVARCHAR(MAX) NOT NULL,
    asked_at DATETIME2 NOT NULL,
    choice NVARCHAR(255) NULL,
    is_kept BIT NULL,
    answered_by NVARCHAR(255) NULL,
    reason NVARCHAR(1000) NULL,
    answered_at DATETIME2 NULL,
    withdrawn_by NVARCHAR(255) NULL,
    withdrawn_at DATETIME2 NULL
)
