"""Model Monitor: what SageMaker Model Monitor does, on its files, without it. Knows no Dagster."""
