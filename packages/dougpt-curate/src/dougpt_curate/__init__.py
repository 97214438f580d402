"""Links to training samples: quality, duplicates, splits, export, each decision with its reason."""
