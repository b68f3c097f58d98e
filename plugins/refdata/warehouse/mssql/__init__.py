"""SQL Server through Airflow's MsSqlHook (pymssql), with mssql-python for bulk copy."""
