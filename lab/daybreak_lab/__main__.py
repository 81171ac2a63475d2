"""Command line of the lab; ``lab/up`` is the door."""

import argparse
import sys
from pathlib import Path

from .delays import Delays, DelaysError
from .postgres import PostgresError
from .server import Options, StartError, serve


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port < 65536:
        raise argparse.ArgumentTypeError(f"{port} is no port")
    return port


def _lag(text: str) -> float:
    seconds = float(text)
    if not 0.05 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("expected 0.05 to 3600 seconds")
    return seconds


def _options(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser(
        prog="lab/up", description="A local AWS whose Aurora PostgreSQL clusters hold real data.", allow_abbrev=False
    )
    parser.add_argument("--pg-bin", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--dir", type=Path, help="where data and logs live (default: a temporary directory)")
    parser.add_argument("--port", type=_port, default=0, help="of the API endpoint (default: a free one)")
    parser.add_argument("--delays", default="fast", metavar="fast|realistic|FILE", help="how long operations take")
    parser.add_argument("--iam", action="store_true", help="enforce IAM policies")
    parser.add_argument("--region", default="eu-west-1", help="named in the ready line (default: eu-west-1)")
    parser.add_argument("--seed", type=int, default=0, help="of the faults' probabilities (default: 0)")
    parser.add_argument("--lag", type=_lag, default=1.0, metavar="SECONDS", help="of LatestRestorableTime (default: 1)")
    given = parser.parse_args(arguments)
    return Options(
        given.pg_bin, given.dir, given.port, Delays.load(given.delays), given.iam, given.region, given.seed, given.lag
    )


def main() -> int:
    """Runs the lab; the exit code."""
    try:
        return serve(_options(sys.argv[1:]))
    except (StartError, DelaysError, PostgresError) as error:
        print(f"lab/up: failed to {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
