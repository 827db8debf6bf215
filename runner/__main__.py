"""`python -m runner` is the command `lrstudy`."""

from runner.commands import lrstudy

if __name__ == "__main__":
    lrstudy.main()
