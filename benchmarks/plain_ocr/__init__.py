"""Chat read from the picture in the plain way, which the real one is measured against.

All text in a few pictures of every second is detected and recognised, lines that read `name:` are taken for
messages, and messages alike in two pictures for the same one.
"""

from plain_ocr.read import PlainReading, read_plainly

__all__ = ["PlainReading", "read_plainly"]
