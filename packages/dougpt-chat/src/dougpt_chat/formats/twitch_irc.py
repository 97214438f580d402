r"""Raw Twitch chat (IRC with tags), as bots and loggers save it: one line of the protocol a line.

Messages (PRIVMSG) and notices (USERNOTICE) are taken; moderators' removals (CLEARMSG, CLEARCHAT) mark what
came before them as deleted; other commands are counted and passed over. The lines know the time of day
alone, so reading them needs the broadcast's start. Emote ranges count code points of the text, /me not
counted; ranges that cannot be right are left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from dougpt_chat.formats.message import Batch, ChatMessage, ParseNotes, Removal
from dougpt_chat.formats.text_lines import NotAMessageError, read_lines
from dougpt_chat.formats.times import since_1970
from dougpt_chat.opening import ExportBytes

NAME = "twitch_irc"
LINE = re.compile(r"^(?:@(?P<tags>\S+) +)?(?::(?P<prefix>\S+) +)?(?P<command>[A-Z]+|\d{3})(?: +(?P<rest>.*))?$")
TAGGED = re.compile(rb"^(?:@\S+ +)?:\S+ +(?:PRIVMSG|USERNOTICE|CLEARCHAT|CLEARMSG) +#\w+", re.MULTILINE)
ESCAPED = re.compile(r"\\(.?)")
MEANING = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
ACTION, ACTION_END = "\x01ACTION ", "\x01"
EMOTE = re.compile(r"(\d+)-(\d+)")
SHARED_REMEMBERED = 1 << 16


class NotIrcError(NotAMessageError):
    """A line that is none of the protocol."""

    reason = "not_irc"


@dataclass(frozen=True, slots=True)
class IrcLine:
    """A line of the protocol: its tags unescaped, who sent it, the command and its parameters."""

    tags: Mapping[str, str]
    nick: str
    command: str
    parameters: tuple[str, ...]

    @property
    def trailing(self) -> str:
        """The text: the parameter behind the channel, or nothing."""
        return self.parameters[1] if len(self.parameters) > 1 else ""


def refuse(head: bytes) -> str | None:
    """Say why `head` does not begin a log of IRC lines, or None where it does."""
    return None if TAGGED.search(head) else "no line of it is a Twitch IRC command"


def parse(source: ExportBytes, notes: ParseNotes) -> Iterator[Batch]:
    """Yield the messages in the order of the file."""
    return read_lines(source, notes, IrcLog().take)


def parse_line(text: str) -> IrcLine | None:
    """Return a line's parts, or None where it is no line of the protocol."""
    match = LINE.match(text)
    if match is None:
        return None
    middle, colon, trailing = f" {match['rest'] or ''}".partition(" :")
    parameters = (*middle.split(), *((trailing,) if colon else ()))
    return IrcLine(_tags(match["tags"] or ""), (match["prefix"] or "").partition("!")[0], match["command"], parameters)


def _tags(text: str) -> dict[str, str]:
    tags = {name: value for name, _, value in (tag.partition("=") for tag in text.split(";")) if name}
    if "\\" in text:
        tags = {name: ESCAPED.sub(lambda match: MEANING.get(match[1], match[1]), value) for name, value in tags.items()}
    return tags


class IrcLog:
    """Lines of a log become messages; removals, and what is passed over, go into the notes.

    A message of a shared chat has one id in the room it was written in and another in each room that shows it.
    The first is taken; what names the other, answers and removals, is translated.
    """

    def __init__(self) -> None:
        self._original: dict[str, str] = {}

    def take(self, row: int, text: str, notes: ParseNotes) -> ChatMessage | None:
        """Read a line of text.

        Raises:
            NotIrcError: It is no line of the protocol.
        """
        line = parse_line(text)
        if line is None:
            raise NotIrcError("the line is no command of the protocol")
        return self.take_line(row, line, notes)

    def take_line(self, row: int, line: IrcLine, notes: ParseNotes) -> ChatMessage | None:
        """Return a line's message, or note what else it says."""
        if line.command in {"PRIVMSG", "USERNOTICE"}:
            self._remember(line.tags)
            message = _message(row, line)
            message.reply_to = self._translated(message.reply_to)
            return message
        if line.command == "CLEARMSG" and line.tags.get("target-msg-id"):
            notes.removals.append(Removal(row, id=self._translated(line.tags["target-msg-id"])))
        elif line.command == "CLEARCHAT":
            notes.removals.append(Removal(row, login=line.trailing or None))
        else:
            notes.passed_over[line.command] += 1
        return None

    def _remember(self, tags: Mapping[str, str]) -> None:
        here, original = tags.get("id"), tags.get("source-id")
        if here and original and here != original:
            self._original[here] = original
            if len(self._original) > SHARED_REMEMBERED:
                del self._original[next(iter(self._original))]

    def _translated(self, message_id: str | None) -> str | None:
        return self._original.get(message_id, message_id) if message_id else None


def _message(row: int, line: IrcLine) -> ChatMessage:
    tags, text = line.tags, line.trailing
    is_action = text.startswith(ACTION)
    if is_action:
        text = text.removeprefix(ACTION).removesuffix(ACTION_END)
    room, source_room = tags.get("room-id"), tags.get("source-room-id")
    is_notice = line.command == "USERNOTICE"
    return ChatMessage(
        row=row,
        fragments=_fragments(text, tags.get("emotes", "")),
        id=tags.get("source-id") or tags.get("id") or None,
        sent_at=_time(tags.get("tmi-sent-ts") or tags.get("rm-received-ts")),
        login=(tags.get("login") if is_notice else line.nick) or None,
        display_name=tags.get("display-name") or None,
        badges=tuple(badge for badge in tags.get("badges", "").split(",") if badge),
        bits=_number(tags.get("bits")),
        is_action=is_action,
        is_notice=is_notice,
        is_deleted=tags.get("rm-deleted") == "1",
        reply_to=tags.get("reply-parent-msg-id") or None,
        source_room=source_room if source_room and source_room != room else None,
    )


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None


def _time(milliseconds: str | None) -> datetime | None:
    number = _number(milliseconds)
    return None if number is None else since_1970(number, 1_000)


def _fragments(text: str, emotes: str) -> list[tuple[str, str | None]]:
    """Cut the text at the ranges of `emotes`, such as 25:0-4,6-10/1902:12-16."""
    return cut_at_emotes(text, _ranges(emotes))


def cut_at_emotes(text: str, places: Iterable[tuple[int, int, str]]) -> list[tuple[str, str | None]]:
    """Cut a text at emotes, each its start, its end and its id; places that cannot be right are left out."""
    fragments: list[tuple[str, str | None]] = []
    at = 0
    for start, end, emote_id in sorted(places):
        if at <= start < end <= len(text) and not text[start:end].isspace():
            fragments += [(text[at:start], None), (text[start:end], emote_id)]
            at = end
    fragments.append((text[at:], None))
    return [(piece, emote_id) for piece, emote_id in fragments if piece]


def _ranges(emotes: str) -> Iterator[tuple[int, int, str]]:
    for part in emotes.split("/"):
        emote_id, _, places = part.partition(":")
        for place in EMOTE.finditer(places):
            yield int(place[1]), int(place[2]) + 1, emote_id
