"""``python -m demo --daybreak BINARY``: the demo as a command. Exit code 0 only if all it claims is true."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from .lab import Lab
from .story import tell
from .tool import Tool

_INTERRUPTED = 130


def main():
    """Runs the demo and leaves nothing behind, however it ends; the exit code."""
    parser = argparse.ArgumentParser(prog="demo", description="A damaged database, recovered before your eyes.")
    parser.add_argument("--daybreak", type=Path, required=True, metavar="BINARY", help="the daybreak to be shown")
    binary = parser.parse_args().daybreak.resolve()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        with tempfile.TemporaryDirectory(prefix="daybreak-demo-") as home, Lab() as lab:
            return 0 if tell(lab, Tool(binary, Path(home), lab)) else 1
    except KeyboardInterrupt:
        print("\nThe demo was interrupted. The lab and its data are removed.", file=sys.stderr)
        return _INTERRUPTED


sys.exit(main())
