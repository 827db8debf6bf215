"""`python -m runner.data` finds or fetches Fashion-MNIST and says where it is."""

import sys

from runner.data.fetch import fetch_if_missing
from runner.data.files import load, locate
from runner.process import InputError, start_command


def main() -> None:
    """Find or fetch the files, verify them and say where they are."""
    try:
        start_command()
        fetch_if_missing(None, print)
        load()
    except InputError as error:
        print(f"lrstudy: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    print(f"Fashion-MNIST verified in {locate()}")


if __name__ == "__main__":
    main()
