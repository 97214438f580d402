"""`dougpt train`: samples to an adapter."""

from dougpt.stage_command import dataset_command

command = dataset_command(
    "train",
    """Train an adapter on the curated samples.

    The run's folder below runs/ is named by its recipe. A preflight comes first; what it finds ends the command
    with exit code 3.

    \b
    Example:
      dougpt train --dry-run
      dougpt train
    """,
)
