"""Lets ``python -m benchmarks.accuracy`` and ``python benchmarks/accuracy`` run. Nothing else belongs here."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # When the folder is run, it would come first, and its modules would hide others of the same names.
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from benchmarks.accuracy.cli import main

    main()
