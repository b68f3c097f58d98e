-- Purpose: the login that loads; runs in master, as one who may. Safe to run again: a login that exists keeps
--   its password.
-- Parameters: login, password (128 characters at most). Result: none.
DECLARE @login NVARCHAR(128) = ?, @password NVARCHAR(128) = ?, @statement NVARCHAR(MAX)
IF SUSER_ID(@login) IS NULL
BEGIN
    SET @statement = N'CREATE LOGIN ' + QUOTENAME(@login) + N' WITH PASSWORD = ' + QUOTENAME(@password, N'''')
    EXEC sp_executesql @statement
END
