"""Who a file and a recording are: from the bytes of the source, never from its name or its decoded samples."""

import hashlib
from collections.abc import Callable
from pathlib import Path

ID_DIGITS = 16
READ_BYTES = 1 << 20


def file_sha256(path: Path | str, progress: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file in hex, read in pieces.

    Args:
        path: The file.
        progress: Called with the number of bytes of each piece.
    """
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while piece := file.read(READ_BYTES):
            digest.update(piece)
            if progress is not None:
                progress(len(piece))
    return digest.hexdigest()


def source_id(sha256: str) -> str:
    """Return a source's id, the first 16 hex digits of its SHA-256."""
    return sha256[:ID_DIGITS]


def recording_id(platform: str, video_id: str) -> str:
    """Return the id of a recording that its platform knows by `video_id`, such as ("twitch", "1234567890")."""
    return hashlib.sha256(f"{platform}:{video_id}".encode()).hexdigest()[:ID_DIGITS]
