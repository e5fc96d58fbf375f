"""SageMaker's data capture: what endpoints and batch jobs wrote down of their traffic, and the truth that came later.

Belongs here: the format of these files and where they lie. Does not belong here: what to make of the rows.
"""
