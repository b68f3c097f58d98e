"""SQL Server through Airflow's OdbcHook (pyodbc), for sites that need ODBC, Kerberos or a DSN."""
