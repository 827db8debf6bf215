"""The reproducibility horizon: what the last bit of one weight does to a run."""
