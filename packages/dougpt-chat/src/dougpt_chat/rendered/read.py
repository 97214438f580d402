"""Chat from a video's picture; the heavy parts are loaded when it is read."""

from collections.abc import Iterable
from pathlib import Path

from dougpt_chat.authors import DEFAULT_KEY
from dougpt_chat.read import ChatRead
from dougpt_chat.rendered.extras import require_pictures
from dougpt_chat.rendered.seen import Tell
from dougpt_chat.settings import ChatSettings, RenderedSettings

Region = tuple[int, int, int, int]


def read_rendered_chat(
    path: Path | str,
    *,
    recording_id: str,
    key: bytes = DEFAULT_KEY,
    region: Region | None = None,
    engine: str = "rapidocr",
    settings: RenderedSettings | None = None,
    chat_settings: ChatSettings | None = None,
    roster: Iterable[str] = (),
    source_id: str | None = None,
    progress: Tell | None = None,
) -> ChatRead:
    """Read the chat that a video shows.

    Args:
        path: The video.
        recording_id: The recording that the events belong to.
        key: The pseudonym key, 1 to 64 bytes.
        region: Where the chat stands: left, top, width, height in pixels. None looks for it: for places in which text
            scrolls; the report says which were found.
        engine: A name in `dougpt_chat.rendered.engines.ENGINES`.
        settings: How strictly to read.
        chat_settings: Bots, commands and names, as for exports.
        roster: Names of people who may write here, such as those of the channel's exports: a name that was misread is
            told by them. The words of the chat are in the settings.
        source_id: The file's id, where it is known; computed from its bytes otherwise.
        progress: Is told how far it is, for every picture that was looked at.

    Raises:
        ValueError: There is no engine of that name.
        MissingExtraError: What it needs is not installed.
        ModelUnavailableError: PaddleOCR's model is not there and cannot be fetched.
        SeveralOpenCVError: Several OpenCV distributions are installed; the error gives the repairing command.
        UnreadableVideoError: The file cannot be opened, or has no moving picture.
        RegionError: The region does not lie in the picture.
    """
    require_pictures()
    from dougpt_chat.rendered.pictures import read_pictures  # noqa: PLC0415 - needs what was just required

    return read_pictures(
        Path(path),
        recording_id=recording_id,
        key=key,
        region=region,
        engine=engine,
        settings=settings or RenderedSettings(),
        chat_settings=chat_settings or ChatSettings(),
        roster=roster,
        source_id=source_id,
        progress=progress,
    )
