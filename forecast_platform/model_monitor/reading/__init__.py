"""Rows out of files, as Arrow record batches. Belongs here: one module per format. Does not belong here: statistics."""
