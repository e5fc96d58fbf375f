"""The algorithms, behind one contract (``contract``), and the registry that names them (``registry``)."""
