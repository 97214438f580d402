"""Every stream of a media file, as its container describes it: kind, codec, start, time base, length, language."""

import re
from typing import TypedDict

from av.container.input import InputContainer
from av.stream import Disposition
from av.stream import Stream as AvStream

FARTHEST_S = 1e10  # time stamps of damaged files are any number; three centuries are surely none
CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


class Stream(TypedDict):
    """One stream; what the container does not tell is None."""

    index: int
    kind: str
    codec: str | None
    start_ms: int | None
    duration_ms: int | None
    time_base: str | None
    language: str | None
    disposition: list[str]


def streams_of(container: InputContainer) -> tuple[Stream, ...]:
    """Return all streams in the container's order, those that nothing here reads too."""
    return tuple(_stream(stream) for stream in container.streams)


def _stream(stream: AvStream) -> Stream:
    base = stream.time_base
    start_s = None if stream.start_time is None or base is None else float(stream.start_time * base)
    length_s = None if stream.duration is None or base is None else float(stream.duration * base)
    if length_s is None:
        length_s = _tagged_s(stream.metadata)
    return {
        "index": stream.index,
        "kind": str(stream.type),
        "codec": _codec(stream),
        "start_ms": _ms(start_s),
        "duration_ms": _ms(length_s),
        "time_base": None if base is None else f"{base.numerator}/{base.denominator}",
        "language": _text(stream.metadata.get("language")),
        "disposition": [str(flag.name) for flag in Disposition if stream.disposition & flag],
    }


def _codec(stream: AvStream) -> str | None:
    context = getattr(stream, "codec_context", None)
    return None if context is None else str(context.codec.canonical_name)


def _tagged_s(metadata: dict[str, str]) -> float | None:
    """Return the length that Matroska keeps in a tag, since its streams have none."""
    match = CLOCK.match(metadata.get("DURATION", ""))
    return None if match is None else (int(match[1]) * 60 + int(match[2])) * 60 + float(match[3])


def _ms(value_s: float | None) -> int | None:
    return None if value_s is None or not abs(value_s) < FARTHEST_S else round(value_s * 1000)


def _text(value: str | None) -> str | None:
    return value if value and value.isprintable() else None
