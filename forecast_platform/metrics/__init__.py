"""Numbers that people watch over time, sent to where they watch them."""
