"""`dougpt align`: links from chat messages to utterances."""

from dougpt.stage_command import recording_command

command = recording_command(
    "align",
    """Link chat messages to the utterances they answer.

    Every message gets one row: its most probable utterance with a probability, and the reason where it was not
    accepted. reports/align-RECORDING.html shows the result with plots, reasons and examples; every pair as text:
    dougpt show RECORDING

    \b
    Example:
      dougpt align --only 1a2b
    """,
)
