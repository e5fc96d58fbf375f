"""Who trains and forecasts: the port, and one module per implementation."""
