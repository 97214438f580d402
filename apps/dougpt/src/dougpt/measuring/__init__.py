"""Evaluation as the app composes it: a dataset, what replies are looked at with, and models by their names."""

from dougpt.measuring.dataset import Dataset, NothingHeldOutError, references_of

__all__ = ["Dataset", "NothingHeldOutError", "references_of"]
