"""`python -m analysis` is the command `lrstudy-report`."""

from analysis.report import main

if __name__ == "__main__":
    main()
