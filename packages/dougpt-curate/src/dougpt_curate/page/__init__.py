"""The page of a dataset: one HTML file that shows in two minutes what is in it and what was kept out.

It needs no network, runs no script, and is the same for the same dataset.
"""

from dougpt_curate.page.sections import dataset_page

__all__ = ["dataset_page"]
