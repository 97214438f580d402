"""Evaluation as the app composes it: a dataset, what replies are looked at with, and models by their names."""

from dougpt.measuring.dataset import BASE, FEW_SHOT, Dataset, NothingHeldOutError, references_of

__all__ = ["BASE", "FEW_SHOT", "Dataset", "NothingHeldOutError", "references_of"]
