"""`dougpt evaluate`: measures on held-out samples, and the report page."""

from dougpt.stage_command import dataset_command

command = dataset_command(
    "evaluate",
    """Measure a run on held-out samples and write the report page.

    Measures today's run on the test split beside its baselines; numbers and page go to reports/<dataset>/.

    \b
    Example:
      dougpt evaluate --workspace doug
    """,
)
