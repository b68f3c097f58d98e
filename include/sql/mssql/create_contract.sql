-- Purpose: what the loads of a table have taught about its files, one row for each version that taught something.
--   Safe to run again.
-- Parameters: none. Result: none.
IF OBJECT_ID(N'[ref].[Reference_Data_Contract]', N'U') IS NULL
CREATE TABLE [ref].[Reference_Data_Contract] (
    id INT IDENTITY(1, 1) NOT NULL PRIMARY KEY,
    table_name NVARCHAR(255) NOT NULL,
    version_id INT NOT NULL,
    load_id INT NOT NULL,
    recorded_at DATETIME2 NOT NULL,
    document NVARCHAR(MAX) NOT NULL
)
