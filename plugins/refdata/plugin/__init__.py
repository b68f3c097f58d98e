"""The Airflow plugin: pages and endpoints."""
