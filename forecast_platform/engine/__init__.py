"""Trains, backtests and forecasts. Pure: frames in, frames out; no files, no network, no clock."""
