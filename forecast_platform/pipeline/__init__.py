"""The steps from uploaded files to published forecasts: what each asset does, without Dagster."""
