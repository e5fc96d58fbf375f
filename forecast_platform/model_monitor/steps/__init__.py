"""What each asset of a monitor does. Belongs here: one module per step. Does not belong here: Dagster, statistics."""
