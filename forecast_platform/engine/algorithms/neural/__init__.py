"""Neural algorithms on torch and GluonTS: one model for all series.

Belongs here: Deep_AR_Plus, CNN-QR and what they share. Does not belong here: models of single series, pretrained ones.
Importing this package imports neither torch nor GluonTS; training and forecasting do.
"""
