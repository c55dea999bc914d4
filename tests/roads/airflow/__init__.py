"""Here are Airflow's DAGs: what they type, and how they end on a real Airflow."""
