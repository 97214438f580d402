"""Recordings that are parts of one: their names differ by a time or a number alone."""

from datetime import datetime, timedelta

from dougpt_media.evidence import EARLIER, series_and_time
from dougpt_media.files import Group

LONGEST_BREAK_S = 900  # a broadcast that drops out is back within a quarter of an hour, or is another one
LONGEST_OVERLAP_S = 60
SURE_BREAK_S = 120
SURE_OVERLAP_S = 2


def join_series(groups: list[Group]) -> None:
    """Join recordings in one folder whose names differ by the time alone, where one begins as the other ends."""
    series: dict[str, list[tuple[datetime, datetime, Group]]] = {}
    for group in groups:
        if timed := _name_and_span(group):
            name, began, end = timed
            series.setdefault(name, []).append((began, end, group))
    for spans in series.values():
        spans.sort(key=lambda span: (span[0], span[2].files[0].source_id))
        ends: list[tuple[datetime, Group]] = []  # where each recording so far has ended, by the clock of the names
        for began, end, group in spans:
            place = next((at for at in reversed(range(len(ends))) if _goes_on(ends[at], began, group)), None)
            if place is None:
                ends.append((end, group))
            else:
                ended, host = ends[place]
                _join(host, group, (began - ended).total_seconds())
                groups.remove(group)
                ends[place] = max(ended, end), host


def _name_and_span(group: Group) -> tuple[str, datetime, datetime] | None:
    """Return the name of a recording without its times, and from when to when it goes, by the clock of its names."""
    named = [(*series_and_time(file.stem), file.duration_ms or 0) for file in group.media]
    timed = [(name, began, began + timedelta(milliseconds=ms)) for name, began, ms in named if began is not None]
    if not timed:
        return None
    return min(timed)[0], min(began for _, began, _ in timed), max(end for _, _, end in timed)


def _join(host: Group, group: Group, apart_s: float) -> None:
    why, certain = (
        f"begins {apart_s:.0f} s after {host.media[-1].name} ends",
        -SURE_OVERLAP_S <= apart_s <= SURE_BREAK_S,
    )
    host.members += [(file, old if old == EARLIER else why, certain) for file, old, _ in group.members]
    host.platform, host.video_id = host.platform or group.platform, host.video_id or group.video_id


def join_numbered(groups: list[Group]) -> None:
    """Join a part to the recording of an earlier ingest that has other parts of its name, the only one that does."""
    earlier = [group for group in groups if any(file.earlier for file in group.files)]
    for group in [group for group in groups if not any(file.recording_id for file in group.files)]:
        if not all(file.part for file in group.media):
            continue
        hosts = [host for host in earlier if _lacks_part(host, group)]
        if len(hosts) == 1:
            (host,) = hosts
            why = f"another part of {host.media[0].name}"
            host.members += [(file, why, False) for file in group.files]
            groups.remove(group)


def _lacks_part(host: Group, group: Group) -> bool:
    """Return whether all media of both are numbered parts of one name, none of them the same."""
    there, new = ({(file.stem, file.part) for file in one.media} for one in (host, group))
    stems, numbers = {stem for stem, _ in there | new}, [number for _, number in (*there, *new)]
    numbered = bool(there and new) and None not in numbers and len(set(numbers)) == len(numbers)
    return numbered and len(stems) == 1 and host.may_be(group)


def _goes_on(before: tuple[datetime, Group], began: datetime, group: Group) -> bool:
    """Return whether a recording that began then can be the next part of one that ended before."""
    ended, host = before
    apart_s = (began - ended).total_seconds()
    recordings = {file.recording_id for file in (*host.files, *group.files) if file.recording_id}
    ids = {(one.platform, one.video_id) for one in (host, group) if one.video_id}
    folders = {file.folder for one in (host, group) for file in one.media if not file.earlier}
    near = -LONGEST_OVERLAP_S <= apart_s <= LONGEST_BREAK_S
    return near and len(recordings) < 2 and len(ids) < 2 and len(folders) < 2
