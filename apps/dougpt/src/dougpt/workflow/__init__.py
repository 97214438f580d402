"""The Snakefile that `dougpt pipeline` runs."""
