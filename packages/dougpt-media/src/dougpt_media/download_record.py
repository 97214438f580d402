"""What says that a downloaded video is complete: a small file beside it, written last."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dougpt_schema import atomic_write

from dougpt_media.metadata import NAMELESS
from dougpt_media.told import a_list, an_object

NAME = ".download.json"
LONGEST_NAME = 80
UNFINISHED = (".part", ".ytdl", ".temp")


@dataclass(frozen=True, slots=True)
class Record:
    """A video that was fetched whole: its site and id, the addresses that led to it alone, and its files."""

    site: str
    video_id: str
    addresses: tuple[str, ...]
    files: tuple[str, ...]


def site_and_id(info: Mapping[str, Any]) -> tuple[str, str]:
    """Return which video yt-dlp speaks of; on a site that it does not know, its id is a mere file's name."""
    site = str(info.get("extractor_key") or info.get("ie_key") or "other")
    video_id = str(info.get("id"))
    if site.casefold() in NAMELESS:
        return site, f"{info.get('webpage_url') or info.get('url')}#{video_id}"
    return site, video_id


def place_of(site: str, video_id: str) -> str:
    """Return the name of a video's folder: readable, and safe whatever the id holds."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", f"{site}-{video_id}")
    if plain == f"{site}-{video_id}" and len(plain) <= LONGEST_NAME:
        return plain
    return f"{plain[:LONGEST_NAME]}-{hashlib.sha256(f'{site}:{video_id}'.encode()).hexdigest()[:8]}"


def name_of(title: str, video_id: str) -> str:
    """Return what the files of a video are called: its title, never hidden nor odd, and its id in square brackets."""
    words = " ".join(
        "".join(char if char.isprintable() and char not in '/\\:*?"<>|' else " " for char in title).split()
    )
    short = words.strip(" .").encode()[:LONGEST_NAME].decode("utf-8", "ignore").strip(" .")
    mark = re.sub(r"[^A-Za-z0-9_-]+", "-", video_id)[:LONGEST_NAME]
    return f"{short} [{mark}]".strip()


def read_records(folder: Path) -> dict[tuple[str, str], tuple[Path, Record]]:
    """Return the videos below `folder` that are complete, with their folders, by site and id."""
    return {(record.site, record.video_id): (place, record) for place, record in _records(folder)}


def write_record(folder: Path, record: Record) -> None:
    """Say that the video in `folder` is complete."""
    text = json.dumps(asdict(record), indent=2, sort_keys=True, ensure_ascii=True)
    atomic_write(folder / NAME, (text + "\n").encode())


def files_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the finished files in a folder."""
    names = (path.name for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith("."))
    return tuple(name for name in names if not name.endswith(UNFINISHED))


def _records(folder: Path) -> Iterator[tuple[Path, Record]]:
    for path in sorted(folder.glob(f"*/{NAME}")):
        try:
            told = an_object(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            continue
        files = tuple(str(name) for name in a_list(told.get("files")))
        if files and all((path.parent / name).is_file() for name in files):
            addresses = tuple(str(address) for address in a_list(told.get("addresses")))
            yield path.parent, Record(str(told.get("site")), str(told.get("video_id")), addresses, files)
