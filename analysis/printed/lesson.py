"""What the article prints besides its table; docs/published.md says where it is from."""

SOFTMAX = (
    (0.06774449, 0.5180918, 0.1474141, 0.11459844, 0.1521512),
    (0.23102701, 0.47666225, 0.10536087, 0.09706162, 0.08988826),
)
"""Its check of softmax, on a random matrix drawn after W and b."""

UNTRAINED = 0.15156249999999999
"""The test accuracy of the untrained model, as a mean of batch means."""

FIRST_LABELS = {"train": (2, 9, 6, 0, 3, 4, 4, 5, 4), "test": (0, 1, 2, 2, 3, 2, 8, 6, 5)}
"""The labels of the first nine images of its upload.

Read from that upload's label files of 26 August 2017 (commit 9490065 of the data's repository),
whose SHA-1 is the one in MXNet's source. The article prints the same nine as texts.
"""
