"""Airflow operators, one for each step of a load."""
