"""Bias: whether a model treats groups of people alike, as SageMaker Clarify measures it, and whether that drifts.

Belongs here: the metrics and documents of the monitoring type ModelBias. Does not belong here: reading rows.
"""
