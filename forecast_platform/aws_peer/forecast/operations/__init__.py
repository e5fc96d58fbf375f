"""What each operation of Amazon Forecast does.

Belongs here: a module per kind of resource, with its rules. Does not belong here: what all kinds share (``account``).
"""
