"""YouTube's srv3 captions, as yt-dlp writes them with `--sub-format srv3`: XML with times in milliseconds.

Paragraphs hold segments. In automatic captions each segment is a word and `t` its start after the paragraph's, and
paragraphs with `a="1"` only break lines. srv1 and srv2, of the same site, hold lines of text with times.
"""

import html
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from dougpt_media.captions.cues import Cue, CuePiece, Unusable


class EntityError(ValueError):
    """A caption file defines entities: it could grow without end, and none of YouTube's does."""


def read(text: str) -> tuple[list[Cue], list[Unusable]]:
    """Return the cues of a srv1, srv2 or srv3 file, and the paragraphs that could not be read.

    Raises:
        EntityError: The file defines entities.
        ParseError: It is no whole XML.
    """
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise EntityError("a document type, which captions have none of")
    # Whatever encoding the first line claims: the text was decoded already, and a parser trusts that line.
    root = ET.fromstring(text.encode(), ET.XMLParser(encoding="utf-8"))  # noqa: S314 (entities are refused above)
    body = root.find("body")
    paragraphs = list(body.iter("p")) if body is not None else list(root.iter("text"))
    automatic = any("t" in segment.attrib for paragraph in paragraphs for segment in paragraph.iter("s"))
    cues, unusable = [], []
    for row, paragraph in enumerate(paragraphs):
        if not "".join(paragraph.itertext()).strip():
            continue
        start_ms, length_ms = _time(paragraph, "t", "start"), _time(paragraph, "d", "dur")
        if start_ms is None:
            unusable.append(Unusable(row, "no_time", "".join(paragraph.itertext()).strip()[:80]))
            continue
        pieces = tuple(_pieces(paragraph, start_ms if automatic else None))
        cues.append(Cue(row, start_ms, start_ms + (length_ms or 0), pieces))
    return cues, unusable


def _time(element: ET.Element, ms: str, seconds: str) -> int | None:
    """Return a time, which srv2 and srv3 give in milliseconds and srv1 in seconds."""
    if (value := element.get(ms)) is not None:
        return int(value)
    return None if (value := element.get(seconds)) is None else round(float(value) * 1000)


def _pieces(paragraph: ET.Element, start_ms: int | None) -> Iterator[CuePiece]:
    # srv1 is escaped twice.
    read_again = html.unescape if paragraph.tag == "text" else str
    pieces = [(paragraph.text, start_ms)]
    for segment in paragraph:
        at_ms = None if start_ms is None else start_ms + int(segment.get("t", "0"))
        pieces += [(" " if segment.tag == "br" else segment.text, at_ms), (segment.tail, at_ms)]
    yield from (CuePiece(read_again(text), at_ms) for text, at_ms in pieces if text and text.strip())
