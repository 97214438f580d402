"""`dougpt curate`: samples by split."""

from dougpt.stage_command import dataset_command

command = dataset_command(
    "curate",
    """Samples by split, with rejects and a profile.

    Takes the recordings that [dataset] in dougpt.toml chooses. The split of a recording is frozen in holdout.json
    when it is first curated.

    \b
    Example:
      dougpt curate --workspace doug
    """,
)
