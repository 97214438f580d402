"""What may be asked about people's names by libraries that never see one."""

from typing import Protocol


class Names(Protocol):
    """Who is a chatter, without telling anybody's name."""

    def contains(self, text: str) -> bool:
        """Return whether `text` holds a chatter's name as words of its own."""
