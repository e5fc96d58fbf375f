"""What is measured: accuracy, time and memory.

Belongs here: scripts that print figures. Does not belong here: tests, or anything that the package needs.
"""
