"""Model quality: predictions against the ground truth that arrives later, as SageMaker Model Monitor measures it.

Belongs here: merging, metrics, constraints and violations of the monitoring type ModelQuality. Does not belong here:
reading captures and ground truth from files (``model_monitor.capture``).
"""
