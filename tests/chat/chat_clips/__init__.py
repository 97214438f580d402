"""Clips with a drawn chat, and what stands in them: for the tests and benchmarks of chat read from the picture.

`render(Clip(seed=1), path)` writes a video in which a chat scrolls over a moving picture, and returns its `Truth`:
who said what, when each message was first wholly to be seen, where the panel and every row of text stood.
The same clip gives the same truth everywhere, and the same bytes with the same libraries.
"""

from chat_clips.clip import Clip, Message, Moved, Panel, Row, RowBox, Truth
from chat_clips.render import render
from chat_clips.vocabulary import Piece, Said

__all__ = ["Clip", "Message", "Moved", "Panel", "Piece", "Row", "RowBox", "Said", "Truth", "render"]
