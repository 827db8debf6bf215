"""Data of a user's own: three classes of images that are not square, as IDX files and as npz."""

import gzip

import numpy as np

HEIGHT, WIDTH, CLASSES = 5, 7, 3
COUNTS = {"train": 300, "test": 90}
KINDS = {"train": "train", "test": "t10k"}
NAMES = ("left", "middle", "right")


def made_up():
    """Images (n, 5, 7) of bytes and labels (n,) by split: a bright column for each class, noise."""
    draw = np.random.RandomState(0)
    found = {}
    for split, count in COUNTS.items():
        labels = draw.randint(0, CLASSES, count).astype(np.uint8)
        images = draw.randint(0, 120, (count, HEIGHT, WIDTH))
        images[np.arange(count), :, 3 * labels] += 80
        found[split] = (images.astype(np.uint8), labels)
    return found


def as_idx(array):
    """An array of bytes as an IDX file."""
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    return header + array.tobytes()


def idx_files():
    """The content of the four files by name."""
    return {
        f"{KINDS[split]}-{kind}-ubyte": as_idx(array)
        for split, arrays in made_up().items()
        for kind, array in zip(("images-idx3", "labels-idx1"), arrays, strict=True)
    }


def write_idx(folder, packed=False, names=None):
    """The four files in a new folder, and its path."""
    folder.mkdir()
    for name, content in idx_files().items():
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    if names is not None:
        (folder / "labels.txt").write_text("\n".join(names) + "\n")
    return folder


def write_npz(path, **changes):
    """The four arrays in a file, and its path; a changed one that is None is left out."""
    arrays = {
        f"{split}_{kind}": array
        for split, both in made_up().items()
        for kind, array in zip(("images", "labels"), both, strict=True)
    }
    changed = {name: array for name, array in {**arrays, **changes}.items() if array is not None}
    np.savez(path, **changed)
    return path
