"""`dougpt transcribe`: words with times."""

from dougpt.stage_command import recording_command

command = recording_command(
    "transcribe",
    """Words with times, from captions or speech recognition.

    Captions with audio: the captions' words, their times refined by forced alignment. Captions alone: their own
    times. Audio alone: speech recognition by the engine of [speech] in dougpt.toml.

    \b
    Example:
      dougpt transcribe --only 1a2b
    """,
)
