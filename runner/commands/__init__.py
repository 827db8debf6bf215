"""The commands that users type: arguments in, one line out on an error.

`lrstudy` trains once or in a sweep, `sync` logs runs that were kept, `ui` serves MLflow's UI. Each
module has a `main`. Heavy rooms are imported only when needed, so that `--help` is quick.
"""

__all__ = ["lrstudy", "sync", "ui"]
