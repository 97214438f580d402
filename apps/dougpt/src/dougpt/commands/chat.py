"""`dougpt chat`: chat exports to events with pseudonyms."""

from dougpt.stage_command import recording_command

command = recording_command(
    "chat",
    """Chat events with pseudonyms, from chat exports.

    All exports of a recording are merged: the same message id is one event, the finer clock wins.

    \b
    Example:
      dougpt chat --only 1a2b
    """,
)
