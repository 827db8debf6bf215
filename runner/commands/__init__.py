"""The commands that users type: arguments in, one line out on an error.

`lrstudy` trains once or in a sweep, `sync` logs runs that were kept, `ui` serves MLflow's UI. Each
module has a `main`. Heavy rooms are imported only when needed, so that `--help` is quick.
Importing this room prepares the process, which is the command's own.
"""

from runner.process import prepare

__all__ = ["lrstudy", "sync", "ui"]

prepare()
