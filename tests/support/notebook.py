"""Run docs/lesson.ipynb from its first cell to its last: `python -m support.notebook [--write]`.

With `--write` its outputs are kept in the file, as readers see them on GitHub.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "lesson.ipynb"
LARGEST = 200_000
"""Bytes of the notebook with its outputs."""


def run(write):
    """Execute the notebook in a folder of its own, and keep what it shows."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        # Only what the kernel prints is to be seen, not the width or colours of this terminal.
        os.environ |= {"NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}
        os.environ["PYTHONWARNINGS"] = "ignore:IProgress not found"  # of tqdm, without ipywidgets
        NotebookClient(notebook, timeout=1200, resources={"metadata": {"path": folder}}).execute()
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)  # the times of day
        text = nbformat.writes(notebook).replace(folder, "/content")
    if len(text) > LARGEST:
        sys.exit(f"the notebook's outputs are too large: {len(text)} bytes, {LARGEST} allowed")
    if write:
        NOTEBOOK.write_text(text + "\n", encoding="utf-8")
    print(f"{len(notebook.cells)} cells, {len(text)} bytes")


if __name__ == "__main__":
    run("--write" in sys.argv[1:])
