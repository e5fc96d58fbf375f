"""The ``ModelMonitor`` component type. Belongs here: its Dagster shell. Does not belong here: monitoring."""
