"""Videos from the web through yt-dlp (extra `download`): media with their info.json, captions and chat beside them.

Each video gets a folder of its own, named by site and id. A record in it says that it is complete; until then a further
call goes on where the last one stopped. yt-dlp's own configuration is not read, and no cookies are used unless given.
"""

import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

from dougpt_schema import DougptError

from dougpt_media.download_advice import advice_on
from dougpt_media.download_record import Record, files_in, name_of, place_of, read_records, site_and_id, write_record
from dougpt_media.extras import require
from dougpt_media.progress import DownloadProgress
from dougpt_media.report import Report
from dougpt_media.settings import DownloadSettings

PLACE, NAME = "__dougpt_place", "__dougpt_name"  # yt-dlp writes no such fields into an info.json
NAMES = f"%({PLACE})s/%({NAME})s.%(ext)s"
CAPTION_FORMATS = "json3/vtt/srt/best"
NO_CAPTIONS = "Unable to download video subtitles"
GENERIC = "Falling back on generic information extractor"
LIVE = frozenset({"is_live", "is_upcoming", "post_live"})
RETRIES = 5
PATIENCE_S = 30


class DownloadError(DougptError):
    """Nothing could be fetched from an address.

    Attributes:
        url: The address.
        cause: What yt-dlp said.
    """

    def __init__(self, url: str, cause: str) -> None:
        self.url = url
        self.cause = cause
        super().__init__(f"{url}: {cause}; {advice_on(cause)}")


@dataclass(frozen=True, slots=True)
class Download:
    """What an address led to: the folders of its videos, to be given to `ingest`, and how it went."""

    folders: tuple[Path, ...]
    report: Report


def is_address(text: str) -> bool:
    """Return whether this is a web address, and not a file."""
    return text.casefold().startswith(("http://", "https://"))


def download(
    url: str,
    folder: Path | str,
    settings: DownloadSettings | None = None,
    *,
    progress: Callable[[DownloadProgress], None] | None = None,
) -> Download:
    """Fetch a video, or the first ones of a playlist or channel, into folders below `folder`.

    What is there already is not fetched again: to have it in another quality, delete its folder first.

    Args:
        url: Where to find it: any page that yt-dlp knows, or a media file.
        folder: Made if it is missing.
        settings: Which quality and captions, and how many videos.
        progress: Called now and then while a file is fetched.

    Raises:
        MissingExtraError: yt-dlp is not installed.
        DownloadError: Nothing was fetched; the error has yt-dlp's words and what to do.
    """
    settings, folder = settings or DownloadSettings(), Path(folder)
    if not is_address(url):
        raise DownloadError(url, "this is no http or https address")
    library = require("yt_dlp", extra="download", purpose="fetch videos from the web")
    folder.mkdir(parents=True, exist_ok=True)
    fetch = _Fetch(url, folder, read_records(folder), progress)
    if not fetch.find_here():
        try:
            with library.YoutubeDL(_parameters(settings, folder, url) | fetch.hooks()) as fetcher:
                fetcher.extract_info(url)
        except (library.utils.YoutubeDLError, OSError) as error:
            raise DownloadError(url, _plain(str(error))) from error
    return fetch.result()


@dataclass(slots=True)
class _Fetch:
    """One call: what yt-dlp asks and tells, and what came of it."""

    url: str
    folder: Path
    known: dict[tuple[str, str], tuple[Path, Record]]
    progress: Callable[[DownloadProgress], None] | None
    fetched: list[Path] = field(default_factory=list)
    here: list[Path] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    at_hand: Record = field(default_factory=lambda: Record("", "", (), ()))
    without_captions: bool = False

    def find_here(self) -> bool:
        """Return whether this very address led to a video that is here; nobody is asked then."""
        self.here = [place for place, record in self.known.values() if self.url in record.addresses]
        return bool(self.here)

    def hooks(self) -> dict[str, Any]:
        """Return the parameters by which yt-dlp tells what it does."""
        return {
            "match_filter": self._look_at,
            "progress_hooks": [self._tell],
            "post_hooks": [self._keep],
            "logger": _Listener(self),
        }

    def result(self) -> Download:
        """Return what came of it.

        Raises:
            DownloadError: Nothing did.
        """
        if not self.fetched and not self.here:
            said = [*self.warnings[-1:], *self.errors[-1:]] or ["yt-dlp found nothing there"]
            raise DownloadError(self.url, said[-1])
        counts = {"fetched": len(self.fetched), "here_already": len(self.here), "failed": len(self.errors)}
        said = [*self.errors, *self.warnings]
        folders = tuple(dict.fromkeys((*self.here, *self.fetched)))
        return Download(folders, Report("download", counts, {}, tuple(dict.fromkeys(said))))

    def _look_at(self, info: MutableMapping[str, Any], *, incomplete: bool = False) -> str | None:
        """Return why a video is not fetched, if it is not; yt-dlp asks before it knows all of it, and after."""
        site, video_id = site_and_id(info)
        addresses = () if info.get("playlist") or info.get("playlist_id") else (self.url,)
        if known := self.known.get((site, video_id)):
            place, record = known
            self.here.append(place)
            if addresses and not incomplete:
                write_record(place, replace(record, addresses=tuple(dict.fromkeys((*record.addresses, *addresses)))))
            return "it is here already"
        if info.get("is_live") or info.get("live_status") in LIVE:
            self.errors.append(f"{video_id}: the stream is live, or is not over yet")
            return self.errors[-1]
        self.at_hand, self.without_captions = Record(site, video_id, addresses, ()), False
        if not incomplete:
            info[PLACE], info[NAME] = place_of(site, video_id), name_of(str(info.get("title") or ""), str(info["id"]))
        return None

    def _keep(self, path: str) -> None:
        """Take a video that is complete; without captions that it has, it is fetched again by the next call."""
        place = Path(path).parent
        self.fetched.append(place)
        if not self.without_captions:
            write_record(place, replace(self.at_hand, files=files_in(place)))

    def _tell(self, told: Mapping[str, Any]) -> None:
        if self.progress is not None and told.get("status") in {"downloading", "finished"}:
            total = told.get("total_bytes") or told.get("total_bytes_estimate")
            done = int(told.get("downloaded_bytes") or 0)
            name = Path(str(told.get("filename") or "")).name
            self.progress(DownloadProgress(name, done, None if total is None else max(done, int(total))))


@dataclass(frozen=True, slots=True)
class _Listener:
    """What yt-dlp takes for a logger."""

    fetch: _Fetch

    def debug(self, message: str) -> None:
        """Hear what goes well."""

    def warning(self, message: str) -> None:
        """Keep a warning, but for the one that says what an address of a file shows."""
        if GENERIC in message:
            return
        self.fetch.warnings.append(_plain(message))
        self.fetch.without_captions |= NO_CAPTIONS in message

    def error(self, message: str) -> None:
        """Keep an error."""
        self.fetch.errors.append(_plain(message))


def _parameters(settings: DownloadSettings, folder: Path, url: str) -> dict[str, Any]:
    """Return what yt-dlp is told to do: a hole in the media is an error, a missing caption is none."""
    sound_alone = settings.height == 0
    languages = [*settings.captions, *(["live_chat"] if settings.chat else [])]
    return {
        "paths": {"home": str(folder)},
        "outtmpl": {"default": NAMES},
        "windowsfilenames": True,
        "format": "ba/b" if sound_alone else "bv*+ba/b",
        "format_sort": [] if sound_alone else [f"res:{settings.height}"],
        "writeinfojson": True,
        "allow_playlist_files": False,
        "writesubtitles": bool(languages),
        "writeautomaticsub": bool(languages),
        "subtitleslangs": languages,
        "subtitlesformat": CAPTION_FORMATS,
        "noplaylist": True,
        "playlistend": settings.most,
        "ignoreerrors": True,
        "skip_unavailable_fragments": False,
        "fixup": "never",
        "retries": RETRIES,
        "fragment_retries": RETRIES,
        "socket_timeout": PATIENCE_S,
        "cachedir": False,
        "cookiefile": _cookies(settings, url),
        "color": "never",
        "quiet": True,
        "noprogress": True,
    }


def _cookies(settings: DownloadSettings, url: str) -> StringIO | None:
    """Return a copy of the cookies, since yt-dlp writes back into what it is given."""
    if settings.cookies is None:
        return None
    try:
        return StringIO(Path(settings.cookies).read_text(encoding="utf-8"))
    except OSError as error:
        raise DownloadError(url, f"the file of cookies {settings.cookies} cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise DownloadError(url, f"{settings.cookies} is no file of cookies") from error


def _plain(message: str) -> str:
    """Return a message of yt-dlp's without its colours, its prefix and its wish to have errors reported."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", message)
    text = re.sub(r"^(?:ERROR|WARNING): ", "", text).split("; please report this issue on")[0]
    return " ".join(text.split())
