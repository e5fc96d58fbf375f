"""Drift of series: has what came since training another distribution than chance, season and growth explain?

Belongs here: statistics on arrays. Does not belong here: where a project's data comes from (``pipeline.data_drift``).
"""
