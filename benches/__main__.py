"""``python -m benches --daybreak BINARY --output FILE``: measures in one lab, prints a table, writes JSON.

Exit code 1 if a goal is missed.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from demo.lab import Lab

from . import cutover, fleet, recovery, row, startup
from .scene import Scene


def main():
    """Measures everything; the exit code."""
    parser = argparse.ArgumentParser(prog="benches", description="Measures daybreak in the lab.")
    parser.add_argument("--daybreak", type=Path, required=True, metavar="BINARY", help="a release build")
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="where the figures go as JSON")
    arguments = parser.parse_args()
    binary = arguments.daybreak.resolve()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    with tempfile.TemporaryDirectory(prefix="daybreak-bench-") as home, Lab() as lab:
        scene = Scene.set_up(lab, binary, Path(home))
        rows = [
            *_measuring("starts", startup.measure, scene, binary),
            *_measuring("recoveries, and the AWS CLI's runbook: two and a half minutes", recovery.measure, scene),
            *_measuring("cutovers and rollbacks", cutover.measure, scene),
            # The last one: what it leaves half-made goes with the lab.
            *_measuring("fleets of 1, 10 and 100: three minutes", fleet.measure, scene),
        ]
    print(row.as_table(rows))
    arguments.output.write_text(row.as_json(rows) + "\n")
    missed = [measured.name for measured in rows if not measured.holds]
    if missed:
        print(f"GOALS MISSED: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


def _measuring(what, measure, *arguments):
    print(f"measuring {what}", file=sys.stderr, flush=True)
    return measure(*arguments)


sys.exit(main())
