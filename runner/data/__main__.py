"""`python -m runner.data` finds or fetches Fashion-MNIST and says where it is."""

from runner.data.fetch import fetch_if_missing
from runner.data.files import load, locate
from runner.process import command


def main() -> None:
    """Find or fetch the files, verify them and say where they are."""
    with command("lrstudy", "started again, it fetches what is missing"):
        fetch_if_missing(None, print)
        load()
        print(f"Fashion-MNIST verified in {locate()}")


if __name__ == "__main__":
    main()
