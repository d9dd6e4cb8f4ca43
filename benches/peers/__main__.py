"""``python -m benches.peers [NAME ...] [--apt]``: make the environments of the peers, or of those named.

Prints a line for each: made, already there, or absent and why. That one is absent fails nothing: the benchmarks say so
in its place.
"""

import argparse
import time

from benches.peers import ENVIRONMENTS, installation
from benches.peers.installation import AbsentError
from benches.peers.libraries import apt_get, missing


def main() -> None:
    """Make what is not there."""
    parser = argparse.ArgumentParser(prog="python -m benches.peers", description="Make the environments of the peers.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(ENVIRONMENTS)} (default: all)")
    parser.add_argument("--apt", action="store_true", help="apt-get install the libraries that a peer is built with")
    options = parser.parse_args()
    if unknown := [name for name in options.names if name not in ENVIRONMENTS]:
        parser.error(f"NAME {unknown[0]}; allowed: {', '.join(ENVIRONMENTS)}")
    width = max(map(len, ENVIRONMENTS))
    for name in options.names or ENVIRONMENTS:
        print(f"{name:{width}}  {_make(name, apt=options.apt)}", flush=True)


def _make(name: str, *, apt: bool) -> str:
    environment = installation(name)
    if environment.is_made():
        return "already there"
    if apt and missing(environment.requirements.libraries):
        apt_get(environment.requirements.debian)
    start = time.perf_counter()
    try:
        environment.make()
    except AbsentError as error:
        return f"absent: {error}"
    return f"made in {time.perf_counter() - start:.0f} s"


if __name__ == "__main__":
    main()
