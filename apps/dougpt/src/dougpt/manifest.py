"""The manifest of a recording: which files it is made of, and where they lie on this machine."""

import json
from typing import Any

import pyarrow as pa
from dougpt_schema import (
    SOURCES,
    Provenance,
    atomic_write,
    code_fingerprint,
    fingerprint,
    read_provenance,
    read_table,
    write_table,
)
from pyarrow import compute as pc

from dougpt.workspace import Workspace, read_places, to_json

TOLD = ("source_id", "channel", "platform", "video_id", "broadcast_start", "told_duration_ms", "muted")
"""Columns that come from metadata beside the sources, and not from their bytes."""


def write_manifest(workspace: Workspace, recording_id: str, sources: pa.Table, places: dict[str, Any]) -> None:
    """Write the manifest of a recording, where it is not written already.

    A source whose place another one has taken was replaced by it.

    Args:
        workspace: Where it is written.
        recording_id: The recording.
        sources: Its sources, a table of that contract.
        places: Path, size and mtime of those that were found now, by source; others lie where they lay.
    """
    local_file = workspace.local_file(recording_id)
    before = read_places(local_file)
    taken = {place["path"]: source_id for source_id, place in places.items()}
    ids = sources["source_id"].to_pylist()
    kept = [name for name in ids if name in places or taken.get(before.get(name, {}).get("path", "")) is None]
    local = {name: places.get(name) or before[name] for name in kept if name in places or name in before}
    table = sources.filter(pc.is_in(sources["source_id"], pa.array(kept, pa.string())))
    content = to_json({"sources": local})
    if not local_file.exists() or local_file.read_bytes() != content:
        atomic_write(local_file, content)
    inputs = tuple(sorted(kept))
    code = code_fingerprint("dougpt_schema", "dougpt_media")
    told = table.drop_columns([name for name in table.schema.names if name not in TOLD]).to_pylist()
    provenance = Provenance(
        "dougpt-media", fingerprint("ingest", inputs, code, json.dumps(told, default=str)), inputs, code=code
    )
    path = workspace.sources_file(recording_id)
    if not (path.exists() and read_provenance(path) == provenance and read_table(path, SOURCES).equals(table)):
        write_table(table, path, SOURCES, provenance)
