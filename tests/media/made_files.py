"""Files as an ingest has looked at them, made up: matching and judging need nothing of their content."""

from dougpt_media.evidence import Said, stem_and_part
from dougpt_media.files import File
from dougpt_schema import SourceRole


def made(
    name: str,
    role: SourceRole | None,
    said: Said | None = None,
    *,
    folder: str = "f",
    duration_ms: int | None = None,
) -> File:
    """A file of this name; without a role it is metadata."""
    stem, part = stem_and_part(name)
    return File(name, folder, stem, part, role, said or Said(), f"id of {folder}/{name}", duration_ms=duration_ms)
