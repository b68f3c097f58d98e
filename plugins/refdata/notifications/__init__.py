"""Alerts through Airflow's callbacks."""
