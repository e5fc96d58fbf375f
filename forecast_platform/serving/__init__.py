"""A small scoring server that answers as a SageMaker container does and captures its traffic as an endpoint does.

Belongs here: models that are served, HTTP, writing captures. Does not belong here: reading them (``model_monitor``).
"""
