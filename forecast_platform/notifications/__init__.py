"""Telling people that a run has ended: what is said, and the ways in which it is sent."""
