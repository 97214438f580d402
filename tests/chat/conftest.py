"""Chat exports made for the test: documents as TwitchDownloader lays them out, and files that hold them."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from chat_exports import twitchdownloader

START = datetime(2024, 5, 4, 18, 0, 7, 300_000, tzinfo=UTC)
Pieces = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Said:
    """A message to be written: who, when (ms into the video), in pieces of text and emotes."""

    pieces: Pieces
    at_ms: int = 0
    login: str | None = "somebody"
    display: str | None = None
    id: str = "m-0"
    badges: tuple[tuple[str, str], ...] = ()
    bits: int = 0
    more: dict[str, object] = field(default_factory=dict)

    @property
    def body(self) -> str:
        """The whole text."""
        return "".join(text for text, _ in self.pieces)


def time_text(moment: datetime) -> str:
    """An ISO time in UTC with milliseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def comment(said: Said, *, start: datetime = START, whole_seconds: bool = True) -> dict[str, object]:
    """A record in TwitchDownloader's order of fields."""
    body: dict[str, object] = {
        "body": said.body,
        "bits_spent": said.bits,
        "fragments": [
            {"text": text, "emoticon": None if emote is None else {"emoticon_id": emote}} for text, emote in said.pieces
        ],
        "user_badges": [{"_id": name, "version": version} for name, version in said.badges],
        "user_color": None,
        "emoticons": [],
    }
    commenter = {
        "display_name": said.login if said.display is None else said.display,
        "_id": "1",
        "name": said.login,
        "bio": None,
        "created_at": "0001-01-01T00:00:00",
        "updated_at": "0001-01-01T00:00:00",
        "logo": None,
    }
    return {
        "_id": said.id,
        "created_at": time_text(start + timedelta(milliseconds=said.at_ms)),
        "channel_id": "9",
        "content_type": "video",
        "content_id": "77",
        "content_offset_seconds": said.at_ms // 1000 if whole_seconds else said.at_ms / 1000,
        "commenter": None if said.login is None else commenter,
        "message": body | {key: value for key, value in said.more.items() if key != "state"},
        **{key: value for key, value in said.more.items() if key == "state"},
    }


HEADERS: dict[str, dict[str, object]] = {
    "none": {"streamer": {"name": "Owner", "id": 9}, "video": {"start": 0, "end": 600}},
    "1.0.0": {
        "FileInfo": {"Version": {"Major": 1, "Minor": 0, "Patch": 0}, "CreatedAt": "2022-12-11T00:00:00"},
        "streamer": {"name": "Owner", "id": 9},
        "video": {"start": 0, "end": 600},
    },
    "1.2.1": {
        "FileInfo": {"Version": {"Major": 1, "Minor": 2, "Patch": 1}},
        "streamer": {"name": "Owner", "id": 9},
        "video": {
            "title": "T",
            "id": "77",
            "created_at": "2024-05-04T18:00:07Z",
            "start": 0,
            "end": 600,
            "length": 600,
        },
    },
    "1.4.0": json.loads(twitchdownloader([])),
}


@pytest.fixture(scope="session")
def say() -> type[Said]:
    """The class of messages to be written."""
    return Said


@pytest.fixture(scope="session")
def records() -> Callable[..., list[dict[str, object]]]:
    """Messages as records: `records(messages, whole_seconds=True)`."""

    def build(
        messages: Iterable[Said], *, start: datetime = START, whole_seconds: bool = True
    ) -> list[dict[str, object]]:
        return [comment(said, start=start, whole_seconds=whole_seconds) for said in messages]

    return build


@pytest.fixture(scope="session")
def document(records: Callable[..., list[dict[str, object]]]) -> Callable[..., bytes]:
    """A TwitchDownloader document: `document(messages, version="1.4.0", embedded=None, indent=None)`."""

    def build(
        messages: Iterable[Said],
        *,
        version: str = "1.4.0",
        embedded: object = None,
        indent: int | None = None,
        whole_seconds: bool = True,
        start: datetime = START,
    ) -> bytes:
        whole = HEADERS[version] | {
            "comments": records(messages, whole_seconds=whole_seconds, start=start),
            "embeddedData": embedded,
        }
        separators = (",", ":") if indent is None else None
        return json.dumps(whole, ensure_ascii=False, indent=indent, separators=separators).encode(
            errors="surrogatepass"
        )

    return build


@pytest.fixture(scope="session")
def versions() -> list[str]:
    """The layouts that `document` can write."""
    return list(HEADERS)


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Path]:
    """A file that holds given bytes, under a name that says nothing."""
    folder = tmp_path_factory.mktemp("exports")
    numbers = count()

    def save(content: bytes) -> Path:
        path = folder / f"{next(numbers)}.bin"
        path.write_bytes(content)
        return path

    return save
