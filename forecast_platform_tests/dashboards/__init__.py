"""Tests of the charts, the page and the server that shows it."""
