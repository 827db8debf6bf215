"""Imports MLflow before anything else does: quietly, and without its telemetry."""

from runner.process import prepared

with prepared():
    import mlflow  # noqa: F401  # others find it imported
