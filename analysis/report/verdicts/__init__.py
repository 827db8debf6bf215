"""Verdicts: what a study says at first sight, each from its runs alone."""
