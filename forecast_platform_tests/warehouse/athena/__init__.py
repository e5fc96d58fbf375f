"""Tests of the engine on Glue and Athena only."""
