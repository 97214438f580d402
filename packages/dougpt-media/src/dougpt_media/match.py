"""Which files belong to one recording, with the evidence for each, for a person to confirm.

An id decides: from metadata, a chat export's header, an address inside the file, or the name. Files without one
follow the file of the same name. What is left over is matched by length, and at last by being the only candidate,
which is never called certain.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from dougpt_media.evidence import EARLIER, ID_IN_NAME, platform_of
from dougpt_media.files import ROLES, File, Group, natural
from dougpt_media.leftovers import adopt_leftovers
from dougpt_media.series import join_numbered, join_series


def match(files: Sequence[File], *, video_id: str | None = None, platform: str | None = None) -> list[Group]:
    """Group `files` into recordings; with `video_id`, all that are not of an earlier ingest are of that one."""
    # Folders only tell files of one name apart; their own names must not decide anything.
    ordered = sorted(files, key=lambda file: (natural(file.name), file.source_id))
    if video_id is not None:
        told = next((file.said.platform for file in ordered if file.said.video_id == video_id), None)
        platform = platform or told or platform_of(video_id)
        ordered = [file if file.earlier else _with_id(file, platform, video_id, "given") for file in ordered]
    else:
        ordered = _with_ids_of_others(ordered)
    groups = _by_id_and_name(ordered)
    join_series(groups)
    join_numbered(groups)
    adopt_leftovers(groups)
    return [group for group in groups if group.holds(ROLES)]


def _with_ids_of_others(files: Sequence[File]) -> list[File]:
    """Give files without an id that of a file of the same name, or one known here that their names contain."""
    namesakes: dict[tuple[str, str], list[File]] = {}
    by_id: dict[str, File] = {}
    for file in files:
        if file.said.video_id:
            by_id.setdefault(file.said.video_id, file)
            if file.said.id_evidence != ID_IN_NAME:
                namesakes.setdefault((file.folder, file.stem), []).append(file)
    return [_with_id_of_another(file, namesakes.get((file.folder, file.stem), []), by_id) for file in files]


def _with_id_of_another(file: File, namesakes: Sequence[File], by_id: Mapping[str, File]) -> File:
    guessed = file.said.id_evidence == ID_IN_NAME
    if (file.said.video_id is not None and not guessed) or file.earlier:
        return file
    if len({(other.said.platform, other.said.video_id) for other in namesakes}) == 1:
        other = namesakes[0]
        return _with_id(file, other.said.platform, other.said.video_id, f"same name as {other.name}")
    if guessed:
        return file
    words = (word for run in re.findall(r"[\w-]+", file.name) for word in (run, run.removeprefix("v")))
    if known := next((by_id[word] for word in words if word in by_id), None):
        return _with_id(file, known.said.platform, known.said.video_id, f"its name has the id of {known.name}")
    return file


def _with_id(file: File, platform: str | None, video_id: str | None, evidence: str) -> File:
    said = replace(file.said, platform=platform, video_id=video_id, id_evidence=evidence)
    if file.said.video_id not in {None, video_id}:
        # Lengths and mutes of another video say nothing of this one.
        said = replace(said, duration_ms=None, crop=None, muted=None)
    return replace(file, said=said)


def _by_id_and_name(files: Sequence[File]) -> list[Group]:
    """Put files together that share a recording of an earlier ingest, an id, or folder and name."""
    groups: list[Group] = []
    homes: dict[tuple[str | None, ...], Group] = {}
    for file in sorted(files, key=lambda file: file.recording_id is None):
        keys = _keys(file)
        group = next((homes[key] for key in keys if key in homes), None)
        if group is None:
            group = Group(None, None)
            groups.append(group)
        if group.video_id is None:
            group.platform, group.video_id = file.said.platform, file.said.video_id
        for key in keys:
            homes.setdefault(key, group)
        group.members.append((file, _evidence(file, group), True))
    return groups


def _keys(file: File) -> list[tuple[str | None, ...]]:
    keys: list[tuple[str | None, ...]] = []
    if file.recording_id is not None:
        keys.append(("recording", file.recording_id))
    if file.said.video_id is not None:
        keys.append(("id", file.said.platform, file.said.video_id))
    elif not file.earlier:
        keys.append(("name", file.folder, file.stem))
    return keys


def _evidence(file: File, group: Group) -> str:
    if file.said.id_evidence:
        return file.said.id_evidence
    if file.recording_id is not None:
        return EARLIER
    return f"same name as {group.files[0].name}" if group.members else "new"
