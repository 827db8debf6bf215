"""`python -m analysis` is the command `lrstudy-report`."""

from analysis.report import command

if __name__ == "__main__":
    command.main()
