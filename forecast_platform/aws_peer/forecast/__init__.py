"""The protocol peer of Amazon Forecast.

Belongs here: its resources, rules and jobs. Does not belong here: the wire (``protocol``).
"""
