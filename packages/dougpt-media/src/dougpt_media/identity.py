"""Bytes that were ingested before and now come under another name, or with metadata that say something else of them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dougpt_media.manifest import SourceRow

TOLD = ("name", "video_id", "status", "told_duration_ms")
"""Columns that a person should know of when they change, and that do not come from the bytes alone."""


def changed_identities(known: Iterable[Mapping[str, Any]], rows: Iterable[SourceRow]) -> Iterator[str]:
    """Yield a warning for each source that an earlier ingest called, or judged, otherwise.

    Args:
        known: Rows of earlier manifests.
        rows: What is about to be written.
    """
    earlier = {row["source_id"]: row for row in known}
    for row in rows:
        before, now = earlier.get(row["source_id"], {}), dict(row)
        changes = [
            f"{column} {before[column]} becomes {now[column]}"
            for column in TOLD
            if before.get(column) not in {None, now[column]}
        ]
        if changes:
            yield f"{row['name']} holds bytes of the recording {row['recording_id']} already: {', '.join(changes)}"
