-- What only a real SQL Server can show about refdata, as a script for the DBA.
--
-- Run it in an empty test database, as a user who may create schemas and tables (db_owner will do), with sqlcmd, SSMS
-- or Azure Data Studio:    sqlcmd -S SERVER -d TEST_DATABASE -i verify-on-sql-server.sql
-- It creates the schema refdata_verify, prints one line for each check (pass, fail, or skip with its reason), and drops
-- what it created. A fail names what refdata relies on and what the server does instead. It runs again at any time.
-- One batch for each check: an error ends its batch only, and the last batch lists a check without a result as a fail.
SET NOCOUNT ON
IF OBJECT_ID(N'tempdb..#verified') IS NOT NULL DROP TABLE #verified
CREATE TABLE #verified (number INT NOT NULL, what NVARCHAR(200) NOT NULL, result NVARCHAR(400) NULL)
INSERT INTO #verified (number, what) VALUES
    (1, N'1 the server is SQL Server 2017 or later, or Azure SQL'),
    (2, N'2 the database has READ_COMMITTED_SNAPSHOT, so that readers never wait for a load'),
    (3, N'3 a statement with parameters has one plan in the cache, whatever its values'),
    (4, N'4 a VALUES statement with OPTION (RECOMPILE) leaves no plan in the cache'),
    (5, N'5 a row of 8,053 fixed bytes can be stored, one of 8,054 is refused with error 1701'),
    (6, N'6 texts beyond 24 bytes leave the row, hundreds of short ones are refused with error 511'),
    (7, N'7 TRUNCATE of a table with a foreign key is refused with error 4712'),
    (8, N'8 a new table with a clustered index is no heap'),
    (9, N'9 the version table can be compressed by pages'),
    (10, N'10 TABLOCK on an INSERT ... SELECT is accepted together with ORDER BY'),
    (11, N'11 sp_getapplock is released when its transaction ends'),
    (12, N'12 DDL and rows of one transaction are rolled back together'),
    (13, N'13 a row that READ COMMITTED cannot see appears after the commit, with its load id'),
    (14, N'14 a system-versioned table takes DELETE and INSERT, and refuses TRUNCATE with error 13545'),
    (15, N'15 the catalog says that a table is temporal, tracked or memory-optimised'),
    (16, N'16 columns of a period are known as generated, so that no load writes them'),
    (17, N'17 a widened column leaves no forwarded record in a table with a clustered index'),
    (18, N'18 texts that differ in case, accents, width or kana compare by code points under BIN2'),
    (19, N'19 times keep seven digits on their way through a parameter'),
    (20, N'20 everything that this script created can be dropped'),
    (21, N'21 COLLATE CATALOG_DEFAULT says which column names the database takes for one'),
    (22, N'22 VARCHAR of another code page keeps its letters as NVARCHAR, on which keys are compared'),
    (23, N'23 VARCHAR(30) of a UTF-8 collation stores ten characters of three bytes, and not eleven'),
    (24, N'24 a heap with forwarded records has none after ALTER TABLE ... REBUILD, inside a transaction'),
    (25, N'25 a unique index compares by the collation of its column: accents, kana and width'),
    (26, N'26 the database can be written: it is no read-scale replica'),
    (27, N'27 an INSERT ... SELECT with TABLOCK into an empty table logs less than its rows take')
GO
IF SCHEMA_ID(N'refdata_verify') IS NULL EXEC (N'CREATE SCHEMA refdata_verify')
GO
UPDATE #verified SET result = CASE
    WHEN CONVERT(INT, SERVERPROPERTY(N'EngineEdition')) IN (5, 8) THEN N'pass: Azure SQL'
    WHEN CONVERT(INT, PARSENAME(CONVERT(NVARCHAR(128), SERVERPROPERTY(N'ProductVersion')), 4)) >= 14 THEN
        N'pass: ' + CONVERT(NVARCHAR(128), SERVERPROPERTY(N'ProductVersion'))
    ELSE N'fail: version ' + COALESCE(CONVERT(NVARCHAR(128), SERVERPROPERTY(N'ProductVersion')), N'unknown') END
WHERE number = 1
GO
UPDATE #verified SET result = CASE
    WHEN (SELECT is_read_committed_snapshot_on FROM sys.databases WHERE name = DB_NAME()) = 1 THEN N'pass'
    ELSE N'fail: ALTER DATABASE ' + DB_NAME() + N' SET READ_COMMITTED_SNAPSHOT ON, when nobody is connected' END
WHERE number = 2
GO
-- The same text with twenty values: the cache has one entry for it. Needs VIEW SERVER STATE.
DECLARE @number INT = 1, @text NVARCHAR(400), @plans INT
WHILE @number <= 20
BEGIN
    SET @text = N'EXEC sp_executesql N''SELECT /* refdata verify 3 */ @P1 AS v, @P2 AS w'', N''@P1 INT, @P2 NVARCHAR(4000)'', @P1 = '
        + CAST(@number AS NVARCHAR(10)) + N', @P2 = N''' + REPLICATE(N'x', @number) + N''''
    EXEC sp_executesql @text
    SET @number = @number + 1
END
SELECT @plans = COUNT(*) FROM sys.dm_exec_cached_plans AS p CROSS APPLY sys.dm_exec_sql_text(p.plan_handle) AS s
WHERE s.text LIKE N'%refdata verify 3%' AND s.text NOT LIKE N'%dm_exec_cached_plans%' AND s.text NOT LIKE N'%WHILE%'
UPDATE #verified SET result = CASE WHEN @plans <= 1 THEN N'pass' ELSE N'fail: ' + CAST(@plans AS NVARCHAR(10)) + N' plans' END
WHERE number = 3
GO
CREATE TABLE refdata_verify.t4 (a INT NULL, b NVARCHAR(10) NULL)
GO
DECLARE @number INT = 1, @text NVARCHAR(400), @plans INT
WHILE @number <= 20
BEGIN
    SET @text = N'INSERT INTO refdata_verify.t4 (a, b) /* refdata verify 4 */ VALUES (' + CAST(@number AS NVARCHAR(10))
        + N', N''x'') OPTION (RECOMPILE)'
    EXEC sp_executesql @text
    SET @number = @number + 1
END
SELECT @plans = COUNT(*) FROM sys.dm_exec_cached_plans AS p CROSS APPLY sys.dm_exec_sql_text(p.plan_handle) AS s
WHERE s.text LIKE N'%refdata verify 4%' AND s.text NOT LIKE N'%dm_exec_cached_plans%' AND s.text NOT LIKE N'%WHILE%'
UPDATE #verified SET result = CASE WHEN @plans <= 1 THEN N'pass' ELSE N'fail: ' + CAST(@plans AS NVARCHAR(10)) + N' plans' END
WHERE number = 4
GO
DECLARE @fits NVARCHAR(10) = N'no', @refused INT = 0
BEGIN TRY
    EXEC (N'CREATE TABLE refdata_verify.t5a (a CHAR(8000) NULL, b CHAR(53) NULL)')
    SET @fits = N'yes'
    EXEC (N'CREATE TABLE refdata_verify.t5b (a CHAR(8000) NULL, b CHAR(54) NULL)')
END TRY
BEGIN CATCH
    SET @refused = ERROR_NUMBER()
END CATCH
UPDATE #verified SET result = CASE WHEN @fits = N'yes' AND @refused = 1701 THEN N'pass'
    ELSE N'fail: 8,053 bytes fit: ' + @fits + N', error for 8,054: ' + CAST(@refused AS NVARCHAR(10)) END
WHERE number = 5
GO
-- 330 texts of 40 bytes leave 24 bytes each and an offset of 2: 8,580 bytes, refused. 290 of them fit.
DECLARE @names NVARCHAR(MAX) = N'', @values NVARCHAR(MAX) = N'', @number INT = 1, @small INT = 0, @large INT = 0, @text NVARCHAR(MAX)
WHILE @number <= 330
BEGIN
    SET @names = @names + N', c' + CAST(@number AS NVARCHAR(10)) + N' NVARCHAR(20) NULL'
    SET @values = @values + N', N''xxxxxxxxxxxxxxxxxxxx'''
    IF @number IN (290, 330)
    BEGIN
        SET @text = N'CREATE TABLE refdata_verify.t6_' + CAST(@number AS NVARCHAR(10)) + N' (a INT NULL' + @names + N')'
        EXEC (@text)
        SET @text = N'INSERT INTO refdata_verify.t6_' + CAST(@number AS NVARCHAR(10)) + N' VALUES (1' + @values + N')'
        BEGIN TRY
            EXEC (@text)
        END TRY
        BEGIN CATCH
            IF @number = 290 SET @small = ERROR_NUMBER() ELSE SET @large = ERROR_NUMBER()
        END CATCH
    END
    SET @number = @number + 1
END
UPDATE #verified SET result = CASE WHEN @small = 0 AND @large = 511 THEN N'pass'
    ELSE N'fail: error for 290 texts: ' + CAST(@small AS NVARCHAR(10)) + N', for 330: ' + CAST(@large AS NVARCHAR(10)) END
WHERE number = 6
GO
CREATE TABLE refdata_verify.t7 (a INT NOT NULL PRIMARY KEY)
CREATE TABLE refdata_verify.t7child (a INT NULL REFERENCES refdata_verify.t7 (a))
GO
DECLARE @refused INT = 0
BEGIN TRY
    TRUNCATE TABLE refdata_verify.t7
END TRY
BEGIN CATCH
    SET @refused = ERROR_NUMBER()
END CATCH
UPDATE #verified SET result = CASE WHEN @refused = 4712 THEN N'pass' ELSE N'fail: error ' + CAST(@refused AS NVARCHAR(10)) END
WHERE number = 7
GO
CREATE TABLE refdata_verify.t8 (a INT NULL, ref_data_load_id INT NULL)
CREATE CLUSTERED INDEX IX_t8 ON refdata_verify.t8 (ref_data_load_id)
GO
UPDATE #verified SET result = CASE
    WHEN NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID(N'refdata_verify.t8') AND type = 0) THEN N'pass'
    ELSE N'fail: the table is a heap' END
WHERE number = 8
GO
DECLARE @refused INT = 0
BEGIN TRY
    EXEC (N'ALTER INDEX IX_t8 ON refdata_verify.t8 REBUILD WITH (DATA_COMPRESSION = PAGE)')
END TRY
BEGIN CATCH
    SET @refused = ERROR_NUMBER()
END CATCH
UPDATE #verified SET result = CASE WHEN @refused = 0 THEN N'pass'
    ELSE N'skip: this edition does not compress (error ' + CAST(@refused AS NVARCHAR(10)) + N'); refdata then stores without' END
WHERE number = 9
GO
CREATE TABLE refdata_verify.t10 (a INT NOT NULL PRIMARY KEY)
INSERT INTO refdata_verify.t10 WITH (TABLOCK) (a) SELECT a FROM refdata_verify.t4 ORDER BY a
UPDATE #verified SET result = CASE WHEN (SELECT COUNT(*) FROM refdata_verify.t10) = 20 THEN N'pass' ELSE N'fail: rows are missing' END
WHERE number = 10
GO
DECLARE @first INT, @second INT
BEGIN TRANSACTION
EXEC @first = sp_getapplock @Resource = N'refdata verify', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 0
COMMIT TRANSACTION
IF @first >= 0 AND APPLOCK_MODE(N'public', N'refdata verify', N'Transaction') = N'NoLock' SET @second = 1
UPDATE #verified SET result = CASE WHEN @second = 1 THEN N'pass'
    ELSE N'fail: granted ' + COALESCE(CAST(@first AS NVARCHAR(10)), N'?') + N', still held after the commit' END
WHERE number = 11
GO
BEGIN TRANSACTION
ALTER TABLE refdata_verify.t4 ADD c INT NULL
DELETE FROM refdata_verify.t4
ROLLBACK TRANSACTION
UPDATE #verified SET result = CASE
    WHEN COL_LENGTH(N'refdata_verify.t4', N'c') IS NULL AND (SELECT COUNT(*) FROM refdata_verify.t4) = 20 THEN N'pass'
    ELSE N'fail: the column or the deletion stayed' END
WHERE number = 12
GO
BEGIN TRANSACTION
INSERT INTO refdata_verify.t8 (a, ref_data_load_id) VALUES (1, 7)
COMMIT TRANSACTION
UPDATE #verified SET result = CASE
    WHEN (SELECT COUNT(*) FROM refdata_verify.t8 WHERE ref_data_load_id = 7) = 1 THEN N'pass' ELSE N'fail: the row is missing' END
WHERE number = 13
GO
DECLARE @created INT = 0, @refused INT = 0
BEGIN TRY
    EXEC (N'CREATE TABLE refdata_verify.t14 (a INT NOT NULL PRIMARY KEY,
        since DATETIME2 GENERATED ALWAYS AS ROW START NOT NULL, until DATETIME2 GENERATED ALWAYS AS ROW END NOT NULL,
        PERIOD FOR SYSTEM_TIME (since, until)) WITH (SYSTEM_VERSIONING = ON (HISTORY_TABLE = refdata_verify.t14history))')
    EXEC (N'INSERT INTO refdata_verify.t14 (a) VALUES (1), (2); DELETE FROM refdata_verify.t14 WHERE a = 1')
    SET @created = 1
    EXEC (N'TRUNCATE TABLE refdata_verify.t14')
END TRY
BEGIN CATCH
    SET @refused = ERROR_NUMBER()
END CATCH
UPDATE #verified SET result = CASE WHEN @created = 0 THEN N'skip: no temporal tables (error ' + CAST(@refused AS NVARCHAR(10)) + N')'
    WHEN @refused = 13545 THEN N'pass' ELSE N'fail: error ' + CAST(@refused AS NVARCHAR(10)) END
WHERE number = 14
GO
UPDATE #verified SET result = CASE
    WHEN OBJECT_ID(N'refdata_verify.t14') IS NULL THEN N'skip: no temporal tables'
    WHEN (SELECT temporal_type FROM sys.tables WHERE object_id = OBJECT_ID(N'refdata_verify.t14')) = 2
        AND EXISTS (SELECT 1 FROM sys.tables WHERE temporal_type = 1 AND name = N't14history') THEN N'pass'
    ELSE N'fail: sys.tables does not show it' END
WHERE number = 15
UPDATE #verified SET result = CASE
    WHEN OBJECT_ID(N'refdata_verify.t14') IS NULL THEN N'skip: no temporal tables'
    WHEN (SELECT COUNT(*) FROM sys.columns WHERE object_id = OBJECT_ID(N'refdata_verify.t14') AND generated_always_type <> 0) = 2
        THEN N'pass'
    ELSE N'fail: sys.columns does not show it' END
WHERE number = 16
GO
CREATE TABLE refdata_verify.t17 (a INT NOT NULL PRIMARY KEY, b NVARCHAR(10) NULL)
INSERT INTO refdata_verify.t17 (a, b) SELECT a, b FROM refdata_verify.t4
ALTER TABLE refdata_verify.t17 ALTER COLUMN b NVARCHAR(1000) NULL
UPDATE refdata_verify.t17 SET b = REPLICATE(N'x', 1000)
GO
DECLARE @forwarded BIGINT
SELECT @forwarded = SUM(COALESCE(forwarded_record_count, 0))
FROM sys.dm_db_index_physical_stats(DB_ID(), OBJECT_ID(N'refdata_verify.t17'), NULL, NULL, N'DETAILED')
UPDATE #verified SET result = CASE WHEN @forwarded = 0 THEN N'pass' ELSE N'fail: ' + CAST(@forwarded AS NVARCHAR(20)) END
WHERE number = 17
GO
DECLARE @equal INT = 0
IF N'a' = N'A' COLLATE Latin1_General_BIN2 SET @equal = @equal + 1
IF N'resume' = N'resumé' COLLATE Latin1_General_BIN2 SET @equal = @equal + 1
IF N'ア' = N'ｱ' COLLATE Latin1_General_BIN2 SET @equal = @equal + 1
IF N'か' = N'カ' COLLATE Latin1_General_BIN2 SET @equal = @equal + 1
IF N'i' = N'İ' COLLATE Latin1_General_BIN2 SET @equal = @equal + 1
UPDATE #verified SET result = CASE WHEN @equal = 0 THEN N'pass' ELSE N'fail: ' + CAST(@equal AS NVARCHAR(10)) + N' of 5 are equal' END
WHERE number = 18
GO
DECLARE @seen NVARCHAR(40)
EXEC sp_executesql N'SET @seen = CONVERT(NVARCHAR(40), @P1, 121)', N'@P1 DATETIME2, @seen NVARCHAR(40) OUTPUT',
    @P1 = N'2024-02-29T01:02:03.1234567', @seen = @seen OUTPUT
UPDATE #verified SET result = CASE WHEN @seen = N'2024-02-29 01:02:03.1234567' THEN N'pass' ELSE N'fail: ' + COALESCE(@seen, N'NULL') END
WHERE number = 19
GO
DECLARE @equal INT = 0, @refused INT = 0
IF N'resume' = N'resumé' COLLATE CATALOG_DEFAULT SET @equal = 1
BEGIN TRY
    EXEC (N'CREATE TABLE refdata_verify.t21 ([resume] INT NULL, [resumé] INT NULL)')
END TRY
BEGIN CATCH
    SET @refused = ERROR_NUMBER()
END CATCH
UPDATE #verified SET result = CASE
    WHEN (@equal = 1 AND @refused = 2705) OR (@equal = 0 AND @refused = 0) THEN N'pass'
    ELSE N'fail: equal ' + CAST(@equal AS NVARCHAR(10)) + N', error ' + CAST(@refused AS NVARCHAR(10)) END
WHERE number = 21
GO
CREATE TABLE refdata_verify.t22 (a VARCHAR(10) COLLATE Japanese_CI_AS NULL)
INSERT INTO refdata_verify.t22 (a) VALUES (N'東京')
GO
UPDATE #verified SET result = CASE
    WHEN (SELECT COUNT(*) FROM refdata_verify.t22
          WHERE CAST(a AS NVARCHAR(10)) COLLATE Latin1_General_BIN2 = N'東京' AND DATALENGTH(CAST(a AS NVARCHAR(10))) = 4) = 1
        THEN N'pass' ELSE N'fail: the letters are lost' END
WHERE number = 22
GO
DECLARE @stored NVARCHAR(10) = N'no', @refused INT = 0
BEGIN TRY
    EXEC (N'CREATE TABLE refdata_verify.t23 (a VARCHAR(30) COLLATE Latin1_General_100_CI_AS_SC_UTF8 NULL)')
    EXEC (N'INSERT INTO refdata_verify.t23 (a) VALUES (REPLICATE(N''東'', 10))')
    SET @stored = N'yes'
    EXEC (N'INSERT INTO refdata_verify.t23 (a) VALUES (REPLICATE(N''東'', 11))')
END TRY
BEGIN CATCH
    SET @refused = ERROR_NUMBER()
END CATCH
UPDATE #verified SET result = CASE
    WHEN OBJECT_ID(N'refdata_verify.t23') IS NULL THEN N'skip: no UTF-8 collations before SQL Server 2019'
    WHEN @stored = N'yes' AND @refused IN (2628, 8152) THEN N'pass'
    ELSE N'fail: ten stored: ' + @stored + N', error for eleven: ' + CAST(@refused AS NVARCHAR(10)) END
WHERE number = 23
GO
CREATE TABLE refdata_verify.t24 (a INT NOT NULL, b NVARCHAR(1000) NULL)
INSERT INTO refdata_verify.t24 (a, b) SELECT o.a + 20 * n.a, N'x' FROM refdata_verify.t4 AS o CROSS JOIN refdata_verify.t4 AS n
UPDATE refdata_verify.t24 SET b = REPLICATE(N'x', 1000)
GO
DECLARE @before BIGINT, @after BIGINT
SELECT @before = SUM(COALESCE(forwarded_record_count, 0))
FROM sys.dm_db_index_physical_stats(DB_ID(), OBJECT_ID(N'refdata_verify.t24'), NULL, NULL, N'DETAILED')
BEGIN TRANSACTION
ALTER TABLE refdata_verify.t24 REBUILD
COMMIT TRANSACTION
SELECT @after = SUM(COALESCE(forwarded_record_count, 0))
FROM sys.dm_db_index_physical_stats(DB_ID(), OBJECT_ID(N'refdata_verify.t24'), NULL, NULL, N'DETAILED')
UPDATE #verified SET result = CASE WHEN @before > 0 AND @after = 0 THEN N'pass'
    ELSE N'fail: ' + CAST(@before AS NVARCHAR(20)) + N' before, ' + CAST(@after AS NVARCHAR(20)) + N' after' END
WHERE number = 24
GO
CREATE TABLE refdata_verify.t25 (a NVARCHAR(10) COLLATE Latin1_General_CI_AI NULL)
CREATE UNIQUE INDEX IX_t25 ON refdata_verify.t25 (a)
INSERT INTO refdata_verify.t25 (a) VALUES (N'e'), (N'か'), (N'ア')
GO
DECLARE @number INT = 1, @refused INT = 0, @text NVARCHAR(200)
WHILE @number <= 3
BEGIN
    SET @text = N'INSERT INTO refdata_verify.t25 (a) VALUES (N''' + SUBSTRING(N'éカｱ', @number, 1) + N''')'
    BEGIN TRY
        EXEC (@text)
    END TRY
    BEGIN CATCH
        IF ERROR_NUMBER() = 2601 SET @refused = @refused + 1
    END CATCH
    SET @number = @number + 1
END
UPDATE #verified SET result = CASE WHEN @refused = 3 THEN N'pass'
    ELSE N'fail: ' + CAST(@refused AS NVARCHAR(10)) + N' of 3 are refused' END
WHERE number = 25
GO
UPDATE #verified SET result = CASE WHEN CONVERT(NVARCHAR(20), DATABASEPROPERTYEX(DB_NAME(), N'Updateability')) = N'READ_WRITE'
    THEN N'pass' ELSE N'fail: connect to the primary, or to the listener without ApplicationIntent=ReadOnly' END
WHERE number = 26
GO
-- Needs the recovery model simple or bulk-logged; 20,000 rows of 400 bytes are 8,000,000 bytes.
CREATE TABLE refdata_verify.t27 (a INT NOT NULL, b CHAR(400) NULL)
GO
DECLARE @logged BIGINT
BEGIN TRANSACTION
INSERT INTO refdata_verify.t27 WITH (TABLOCK) (a, b)
SELECT TOP (20000) o.a, 'x' FROM refdata_verify.t24 AS o CROSS JOIN refdata_verify.t24 AS n
SELECT @logged = d.database_transaction_log_bytes_used FROM sys.dm_tran_database_transactions AS d
JOIN sys.dm_tran_current_transaction AS c ON c.transaction_id = d.transaction_id
WHERE d.database_id = DB_ID()
COMMIT TRANSACTION
UPDATE #verified SET result = CASE
    WHEN (SELECT recovery_model FROM sys.databases WHERE name = DB_NAME()) = 1 THEN N'skip: the recovery model is full, which logs rows'
    WHEN @logged < 4000000 THEN N'pass: ' + CAST(@logged AS NVARCHAR(20)) + N' bytes'
    ELSE N'fail: ' + COALESCE(CAST(@logged AS NVARCHAR(20)), N'?') + N' bytes' END
WHERE number = 27
GO
IF OBJECT_ID(N'refdata_verify.t14') IS NOT NULL EXEC (N'ALTER TABLE refdata_verify.t14 SET (SYSTEM_VERSIONING = OFF)')
GO
DROP TABLE IF EXISTS refdata_verify.t4, refdata_verify.t5a, refdata_verify.t5b, refdata_verify.t6_290, refdata_verify.t6_330,
    refdata_verify.t7child, refdata_verify.t7, refdata_verify.t8, refdata_verify.t10, refdata_verify.t14,
    refdata_verify.t14history, refdata_verify.t17, refdata_verify.t21, refdata_verify.t22, refdata_verify.t23,
    refdata_verify.t24, refdata_verify.t25, refdata_verify.t27
GO
DROP SCHEMA refdata_verify
GO
UPDATE #verified SET result = CASE WHEN SCHEMA_ID(N'refdata_verify') IS NULL THEN N'pass' ELSE N'fail: drop the schema by hand' END
WHERE number = 20
GO
SELECT what, COALESCE(result, N'fail: the check ended with an error, see the messages above') AS result
FROM #verified ORDER BY number
GO
