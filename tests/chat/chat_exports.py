"""One chat written as every tool writes it, byte layout and all; for the tests of formats and for the fuzzer.

Nothing here is a test. The layouts follow the writers' own sources: order of keys, separators, line ends.
"""

import csv
import html
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

START = datetime(2024, 5, 4, 18, 0, 7, tzinfo=UTC)
CHANNEL = "owner"
Pieces = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Line:
    """A message to be written: who, when (ms into the video), in pieces of text and emotes."""

    id: str
    at_ms: int
    login: str
    pieces: Pieces
    badges: tuple[tuple[str, str], ...] = ()
    bits: int = 0
    is_action: bool = False
    reply_to: str | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(text for text, _ in self.pieces)

    @property
    def display(self) -> str:
        """The name as shown."""
        return self.login.capitalize()

    @property
    def sent_at(self) -> datetime:
        """When it was sent."""
        return START + timedelta(milliseconds=self.at_ms)


@dataclass(frozen=True)
class Export:
    """How a format is written, and what of a message it keeps.

    Attributes:
        write: From messages to bytes.
        format: The name it must be recognised under.
        step_ms: How finely it tells the time.
        keeps: Which of id, emotes, badges, bits, action, reply and login it keeps.
        names: The attribute of `Line` that its author's pseudonym is made of.
        end: What stands behind the last message, in bytes; None where nothing does and a cut there shows nothing.
    """

    write: Callable[[list[Line]], bytes]
    format: str
    step_ms: int = 1
    keeps: frozenset[str] = frozenset()
    names: str = "login"


def iso(moment: datetime, digits: int = 3) -> str:
    """An ISO time in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}"[:digits] + "Z"


def clock(seconds: int, *, hours: bool = True) -> str:
    """h:mm:ss, or m:ss below an hour."""
    text = f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return text if hours or seconds >= 3600 else f"{seconds // 60}:{seconds % 60:02d}"


def compact(value: object) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def joined(lines: Iterable[str], end: str = "\n") -> bytes:
    """Lines, each with its end."""
    return "".join(f"{line}{end}" for line in lines).encode()


def rechat(line: Line, *, whole_seconds: bool = True) -> dict[str, object]:
    """A record of TwitchDownloader."""
    return {
        "_id": line.id,
        "created_at": iso(line.sent_at),
        "channel_id": "9",
        "content_type": "video",
        "content_id": "77",
        "content_offset_seconds": line.at_ms // 1000 if whole_seconds else line.at_ms / 1000,
        "commenter": {
            "display_name": line.display,
            "_id": "1",
            "name": line.login,
            "bio": None,
            "created_at": "0001-01-01T00:00:00",
            "updated_at": "0001-01-01T00:00:00",
            "logo": None,
        },
        "message": {
            "body": line.text,
            "bits_spent": line.bits,
            "fragments": [
                {"text": text, "emoticon": None if emote is None else {"emoticon_id": emote}}
                for text, emote in line.pieces
            ],
            "user_badges": [{"_id": name, "version": version} for name, version in line.badges],
            "user_color": None,
            # Ends are one too far since 2022; nobody may believe them.
            "emoticons": [{"_id": emote, "begin": 0, "end": 999} for _, emote in line.pieces if emote],
        },
    }


def twitchdownloader(lines: list[Line]) -> bytes:
    """Version 1.4.0."""
    return compact(
        {
            "FileInfo": {
                "Version": {"Major": 1, "Minor": 4, "Patch": 0},
                "CreatedAt": "2024-05-05T00:00:00Z",
                "UpdatedAt": "0001-01-01T00:00:00",
            },
            "streamer": {"name": "Owner", "login": CHANNEL, "id": 9},
            "clipper": None,
            "video": {
                "title": "T",
                "description": None,
                "id": "77",
                "created_at": "2024-05-04T18:00:07Z",
                "start": 0,
                "end": 600,
                "length": 600,
                "viewCount": 1,
                "game": "G",
                "chapters": [],
            },
            "comments": [rechat(line) for line in lines],
            "embeddedData": None,
        }
    ).encode()


def ganymede(lines: list[Line]) -> bytes:
    """Its variant of a TwitchDownloader document: positions in the fragments, /me, replies."""
    comments = []
    for line in lines:
        record = rechat(line, whole_seconds=False)
        message: dict[str, object] = record["message"]  # type: ignore[assignment] # built so above
        fragments, at = [], 0
        for text, emote in line.pieces:
            emoticon = None if emote is None else {"emoticon_id": emote, "emoticon_set_id": ""}
            fragments.append({"text": text, "emoticon": emoticon, "pos1": at, "pos2": at + len(text)})
            at += len(text)
        message |= {
            "fragments": fragments,
            "is_action": line.is_action,
            "user_notice_params": {"msg_id": None, "system_msg": None, "params": None},
            "reply": None if line.reply_to is None else {"parent_msg_id": line.reply_to, "parent_user_id": "1"},
        }
        comments.append(record)
    document = {"streamer": {"name": "Owner", "id": 9}, "video": {"start": 0, "end": 600}, "comments": comments}
    return compact(document).encode()


def v5(lines: list[Line]) -> bytes:
    """A document of tcd: indented by 4, keys that say nothing absent, badge versions as numbers."""
    comments = []
    for line in lines:
        record = rechat(line, whole_seconds=False)
        message: dict[str, object] = record["message"]  # type: ignore[assignment] # built so above
        message["fragments"] = [
            {"text": text} if emote is None else {"text": text, "emoticon": {"emoticon_id": emote}}
            for text, emote in line.pieces
        ]
        message["is_action"] = line.is_action
        del message["user_color"], message["bits_spent"]
        if not line.badges:
            del message["user_badges"]
        record |= {"created_at": iso(line.sent_at, 6), "source": "chat", "state": "published"}
        comments.append(record)
    return json.dumps({"video": {"_id": "v77", "length": 600}, "comments": comments}, indent=4).encode()


def twitchdownloader_text(time: Callable[[Line], str]) -> Callable[[list[Line]], bytes]:
    """Its text with one of its forms of time."""
    return lambda lines: joined(f"[{time(line)}] {line.display}: {line.text}" for line in lines)


def html_page(lines: list[Line]) -> bytes:
    """TwitchDownloader's page, embedded pictures, as present versions write it."""
    picture = "QUJD" * 40
    rows = "".join(
        f'<pre class="comment-root">[<a href="https://www.twitch.tv/videos/77?t=0h0m{line.at_ms // 1000}s">'
        f"{clock(line.at_ms // 1000)}</a>] {_html_badges(line)} "
        f'<a href="https://www.twitch.tv/{line.login}" target="_blank"><span class="comment-author" '
        f'style="color: #FF0000">{_html_name(line)}</span></a><span class="comment-message">: '
        f"{_html_message(line, 'span', 'text-hide')}</span></pre>\n"
        for line in lines
    )
    style = f'.first-25 {{ content:url("data:image/png;base64, {picture}"); }}'
    top = f"<!DOCTYPE html>\n<html>\n<head>\n<title>t</title>\n<style>\n{style}\n</style></head>\n<body>\n"
    return f"{top}{rows}</body>\n</html>\n".encode()


def old_html_page(lines: list[Line]) -> bytes:
    """The page of 2022: UTF-16, times without a link, quotation marks too many."""
    rows = "".join(
        f'<pre class="comment-root">[{clock(line.at_ms // 1000)}] {_html_badges(line)} '
        f'<a href="https://www.twitch.tv/{line.login}" target="_blank"><span class="comment-author" >'
        f'{_html_name(line)}</span></a><span class="comment-message">: '
        f"{_html_message(line, 'div', 'invis-text')}</span></pre>\n"
        for line in lines
    )
    page = f"<!DOCTYPE html>\r\n<html>\r\n<body>\r\n{rows}</body>\r\n</html>\r\n"
    return b"\xff\xfe" + page.encode("utf-16-le")


def _html_name(line: Line) -> str:
    return line.display if line.display.isascii() else f"{line.display} ({line.login})"


def _html_badges(line: Line) -> str:
    return " ".join(
        f'<img width="auto" height="18px" class="emote-image badge-{name}-{version}" title="{name}""">'
        f'<div class="invis-text">{name}</div>'
        for name, version in line.badges
    )


def _html_message(line: Line, tag: str, invisible: str) -> str:
    parts = []
    for text, emote in line.pieces:
        if emote is None:
            parts += [html.escape(word) + " " for word in text.split(" ") if word]
        else:
            parts.append(
                f'<img width="auto" height="32px" class="emote-image first-{emote}" title="{text}"">'
                f'<{tag} class="{invisible}">{text}</{tag}> '
            )
    return "".join(parts)


def gql_node(line: Line) -> dict[str, object]:
    """A comment as the present interface gives it."""
    fragments, at = [], 0
    for text, emote in line.pieces:
        found = None if emote is None else {"id": f"{emote};{at};{at + len(text) - 1}", "emoteID": emote, "from": at}
        fragments.append({"emote": found, "text": text, "__typename": "VideoCommentMessageFragment"})
        at += len(text)
    return {
        "id": line.id,
        "commenter": {"id": "1", "login": line.login, "displayName": line.display, "__typename": "User"},
        "contentOffsetSeconds": line.at_ms // 1000,
        "createdAt": iso(line.sent_at),
        "message": {
            "fragments": fragments,
            "userBadges": [{"id": "x", "setID": name, "version": version} for name, version in line.badges],
            "userColor": "#FF0000",
            "__typename": "VideoCommentMessage",
        },
        "__typename": "VideoComment",
    }


def twitch_dl(lines: list[Line]) -> bytes:
    """`twitch-dl chat json`."""
    video = {
        "id": "77",
        "title": "T",
        "publishedAt": "2024-05-04T18:00:07Z",
        "broadcastType": "ARCHIVE",
        "lengthSeconds": 600,
        "creator": {"login": CHANNEL, "displayName": "Owner"},
    }
    around = {"video": {"id": "77", "lengthSeconds": 600, "owner": {"id": "9", "login": CHANNEL}}, "badges": []}
    return json.dumps(
        {"video": video, "video_comments": around, "comments": [gql_node(line) for line in lines]}
    ).encode()


def verbose_chat(lines: list[Line]) -> bytes:
    """twitch-archiver's verbose_chat.json."""
    return json.dumps([gql_node(line) for line in lines]).encode()


def readable_chat(lines: list[Line]) -> bytes:
    """twitch-archiver's readable_chat.txt: the first piece and no more."""
    letters = {"broadcaster": "(B)", "moderator": "(M)", "subscriber": "(S)"}
    return joined(
        f"[{line.at_ms / 1000:.3f}] {''.join(letters.get(name, '') for name, _ in line.badges)}{line.display}: "
        f"{line.pieces[0][0]}"
        for line in lines
    )


def old_item(line: Line) -> dict[str, object]:
    """An item of chat-downloader in 2020."""
    return {
        "author": line.login,
        "message": line.text,
        "time_in_seconds": float(line.at_ms // 1000),
        "time_text": clock(line.at_ms // 1000, hours=False),
        "timestamp": round(line.sent_at.timestamp() * 1_000_000),
    }


def new_item(line: Line) -> dict[str, object]:
    """An item of chat-downloader since 2021, keys sorted as it sorts them."""
    emotes, at = [], 0
    for text, emote in line.pieces:
        if emote is not None:
            emotes.append({"id": emote, "images": [], "locations": f"{at}-{at + len(text) - 1}", "name": text})
        at += len(text)
    author: dict[str, object] = {"display_name": line.display, "id": "1", "name": line.login}
    if line.badges:
        author["badges"] = [{"name": name, "title": name.title(), "version": version} for name, version in line.badges]
    item: dict[str, object] = {
        "author": author,
        "message": f"{line.text}\x01" if line.is_action else line.text,
        "message_id": line.id,
        "message_type": "text_message",
        "time_in_seconds": line.at_ms // 1000,
        "time_text": clock(line.at_ms // 1000, hours=False),
        "timestamp": round(line.sent_at.timestamp() * 1_000_000),
    }
    if emotes:
        item["emotes"] = emotes
    if line.reply_to is not None:
        item["in_reply_to"] = {"message_id": line.reply_to}
    return dict(sorted(item.items()))


def items_csv(items: list[dict[str, object]]) -> bytes:
    """chat-downloader's CSV: every level with a dot, lists as Python writes them."""
    flat = [_flattened(item) for item in items]
    columns = sorted({name for item in flat for name in item})
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(flat)
    return out.getvalue().encode()


def _flattened(item: dict[str, object], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in item.items():
        if isinstance(value, dict):
            flat |= _flattened(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def new_text(line: Line) -> str:
    """A line of chat-downloader since 2021."""
    badges = ", ".join(name.title() for name, _ in line.badges)
    time = clock(line.at_ms // 1000, hours=False)
    return f"{time} | {f'({badges}) ' if badges else ''}{line.display}: {line.text}"


def live_chat_action(line: Line) -> dict[str, object]:
    """YouTube's own action for a message."""
    runs: list[dict[str, object]] = [
        {"text": text}
        if emote is None
        else {"emoji": {"emojiId": emote, "shortcuts": [text], "isCustomEmoji": True, "searchTerms": []}}
        for text, emote in line.pieces
    ]
    renderer: dict[str, object] = {
        "message": {"runs": runs},
        "authorName": {"simpleText": line.display},
        "authorPhoto": {"thumbnails": []},
        "id": line.id,
        "timestampUsec": str(round(line.sent_at.timestamp() * 1_000_000)),
        "authorExternalChannelId": f"UC{line.login}",
    }
    return {"addChatItemAction": {"item": {"liveChatTextMessageRenderer": renderer}, "clientId": "c"}}


def live_chat(lines: list[Line]) -> bytes:
    """A replay that yt-dlp saved."""
    return joined(
        json.dumps(
            {
                "replayChatItemAction": {
                    "actions": [live_chat_action(line)],
                    "videoOffsetTimeMsec": str(line.at_ms),
                }
            }
        )
        for line in lines
    )


def recorded_live_chat(lines: list[Line]) -> bytes:
    """A chat that yt-dlp recorded live."""
    return joined(
        json.dumps(
            {
                "replayChatItemAction": {"actions": [live_chat_action(line)]},
                "videoOffsetTimeMsec": str(line.at_ms),
                "isLive": True,
            }
        )
        for line in lines
    )


def escaped(value: str) -> str:
    """A tag's value as IRC writes it."""
    for char, code in (("\\", "\\\\"), (";", "\\:"), (" ", "\\s"), ("\r", "\\r"), ("\n", "\\n")):
        value = value.replace(char, code)
    return value


def irc_line(line: Line, **more: str) -> str:
    """A raw line with tags."""
    emotes, at = [], 0
    for text, emote in line.pieces:
        if emote is not None:
            emotes.append(f"{emote}:{at}-{at + len(text) - 1}")
        at += len(text)
    tags = {
        "badge-info": "",
        "badges": ",".join(f"{name}/{version}" for name, version in line.badges),
        "color": "#FF0000",
        "display-name": line.display,
        "emotes": "/".join(emotes),
        "id": line.id,
        "room-id": "9",
        "tmi-sent-ts": str(round(line.sent_at.timestamp() * 1000)),
        "user-id": "1",
    }
    if line.bits:
        tags["bits"] = str(line.bits)
    if line.reply_to is not None:
        tags["reply-parent-msg-id"] = line.reply_to
    packed = ";".join(f"{name}={escaped(value)}" for name, value in (tags | more).items())
    text = f"\x01ACTION {line.text}\x01" if line.is_action else line.text
    return f"@{packed} :{line.login}!{line.login}@{line.login}.tmi.twitch.tv PRIVMSG #{CHANNEL} :{text}"


def recent_messages(lines: list[Line]) -> bytes:
    """What recent-messages answers."""
    raw = [irc_line(line, historical="1", **{"rm-received-ts": "1"}) for line in lines]
    return compact({"messages": raw, "error": None, "error_code": None}).encode()


def rustlog_item(line: Line, *, full: bool) -> dict[str, object]:
    """An object of rustlog, with or without the raw line."""
    raw = irc_line(line)
    tags = dict(part.split("=", 1) for part in raw[1:].split(" ", 1)[0].split(";"))
    item: dict[str, object] = {
        "text": line.text,
        "displayName": line.display,
        "timestamp": iso(line.sent_at),
        "id": line.id,
        "tags": tags | {"login": line.login},
    }
    return item | ({"username": line.login, "channel": CHANNEL, "raw": raw, "type": 1} if full else {})


def justlog_text(lines: list[Line]) -> bytes:
    """A day of justlog or rustlog as text."""
    return joined(
        (f"[{line.sent_at:%Y-%m-%d %H:%M:%S}] #{CHANNEL} {line.login}: {line.text}" for line in lines), "\r\n"
    )


def chatterino_log(lines: list[Line]) -> bytes:
    """A log of Chatterino, in a zone two hours east; the name as shown is empty where it is the login."""
    local = [line.sent_at + timedelta(hours=2) for line in lines]
    return joined(
        [
            "# Start logging at 2024-05-04 20:00:00 CEST",
            *(f"[{when:%H:%M:%S}]  {line.login}: {line.text}" for when, line in zip(local, lines, strict=True)),
            "# Stop logging at 2024-05-04 23:59:59CEST",
        ]
    )


def eventsub_event(line: Line) -> dict[str, object]:
    """The event of a message."""
    fragments = [
        {
            "type": "text" if emote is None else "emote",
            "text": text,
            "cheermote": None,
            "emote": None if emote is None else {"id": emote, "emote_set_id": "0", "owner_id": "0", "format": []},
            "mention": None,
        }
        for text, emote in line.pieces
    ]
    return {
        "broadcaster_user_id": "9",
        "broadcaster_user_login": CHANNEL,
        "broadcaster_user_name": "Owner",
        "chatter_user_id": "1",
        "chatter_user_login": line.login,
        "chatter_user_name": line.display,
        "message_id": line.id,
        "message": {"text": line.text, "fragments": fragments},
        "color": "#FF0000",
        "badges": [{"set_id": name, "id": version, "info": ""} for name, version in line.badges],
        "message_type": "text",
        "cheer": {"bits": line.bits} if line.bits else None,
        "reply": None if line.reply_to is None else {"parent_message_id": line.reply_to, "parent_message_body": "x"},
        "source_broadcaster_user_id": None,
        "source_message_id": None,
    }


def eventsub(line: Line) -> dict[str, object]:
    """The web socket's envelope, nine digits of a second."""
    return {
        "metadata": {
            "message_id": f"n-{line.id}",
            "message_type": "notification",
            "message_timestamp": iso(line.sent_at, 6)[:-1] + "000Z",
            "subscription_type": "channel.chat.message",
            "subscription_version": "1",
        },
        "payload": {
            "subscription": {"id": "s", "type": "channel.chat.message", "version": "1"},
            "event": eventsub_event(line),
        },
    }


def webhook(line: Line) -> dict[str, object]:
    """The webhook's envelope with a recorder's own time."""
    return {
        "subscription": {"type": "channel.chat.message"},
        "event": eventsub_event(line),
        "received_at": iso(line.sent_at),
    }


def tcd_srt(lines: list[Line]) -> bytes:
    """Subtitles of tcd."""

    def time(ms: int) -> str:
        return f"{clock(ms // 1000)},{ms % 1000:03d}"

    return joined(
        f"{number}\n{time(line.at_ms)} --> {time(line.at_ms + 2000)}\n{line.display}: {line.text}\n"
        for number, line in enumerate(lines, 1)
    )


def tcd_ssa(lines: list[Line]) -> bytes:
    """Subtitles of tcd for SubStation Alpha."""

    def time(ms: int) -> str:
        return f"{clock(ms // 1000)}.{ms % 1000 // 10:02d}"

    head = [
        "[Script Info]",
        "Title: T",
        "ScriptType: v4.00",
        "PlayDepth: 0",
        "",
        "[V4 Styles]",
        "Format: Name, Fontname",
    ]
    head += ["Style: Default,Arial,21", "", "[Events]", "Format: Marked, Start, End, Style, Name, Text"]
    return joined(
        [
            *head,
            *(
                f"Dialogue: Marked=0,{time(line.at_ms)},{time(line.at_ms + 2000)},Default,{line.display},"
                f"0000,0000,0000,,{{\\c&HFF0000&}}{line.display} {{\\c&HFFFFFF&}}{line.text}"
                for line in lines
            ),
        ]
    )


def tcd_irc(lines: list[Line]) -> bytes:
    """The irc form of tcd: a sign for the first badge it knows, a bracket too many behind /me."""
    signs = {"broadcaster": "~", "moderator": "@", "subscriber": "%"}
    return joined(
        f"[{clock(line.at_ms // 1000)}] *{line.display} {line.text}]"
        if line.is_action
        else f"[{clock(line.at_ms // 1000)}] "
        f"<{next((signs[name] for name, _ in line.badges if name in signs), '')}{line.display}> {line.text}"
        for line in lines
    )


def table(
    delimiter: str, header: tuple[str, ...], cells: Callable[[Line], tuple[object, ...]]
) -> Callable[[list[Line]], bytes]:
    """A table that somebody made."""

    def write(lines: list[Line]) -> bytes:
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(cells(line) for line in lines)
        return out.getvalue().encode()

    return write


def parquet(lines: list[Line]) -> bytes:
    """A table in Parquet."""
    columns = {
        "Created At": pa.array([line.sent_at for line in lines], pa.timestamp("ms", tz="UTC")),
        "user_name": [line.login for line in lines],
        "text": [line.text for line in lines],
        "id": [line.id for line in lines],
        "badges": pa.array([[f"{n}/{v}" for n, v in line.badges] for line in lines], pa.list_(pa.string())),
    }
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


def _relative(line: Line) -> str:
    return clock(line.at_ms // 1000)


RECHAT = frozenset({"id", "emotes", "badges", "bits"})
IRC = RECHAT | {"action", "reply"}
EXPORTS: dict[str, Export] = {
    "twitchdownloader": Export(twitchdownloader, "twitchdownloader", keeps=RECHAT),
    "ganymede": Export(ganymede, "twitchdownloader", keeps=RECHAT | {"action", "reply"}),
    "v5": Export(v5, "twitch_v5", keeps=frozenset({"id", "emotes", "badges", "action"})),
    "td_text": Export(twitchdownloader_text(_relative), "twitchdownloader_text", 1000),
    "td_text_utc": Export(
        twitchdownloader_text(lambda line: f"{line.sent_at:%Y-%m-%d %H:%M:%S} UTC"), "twitchdownloader_text", 1000
    ),
    "td_text_utc_full": Export(
        twitchdownloader_text(
            lambda line: f"{line.sent_at:%Y-%m-%d %H:%M:%S}.{line.sent_at.microsecond // 1000:03d} UTC"
        ),
        "twitchdownloader_text",
    ),
    "html": Export(html_page, "twitchdownloader_html", 1000, frozenset({"emotes", "badges"})),
    "old_html": Export(old_html_page, "twitchdownloader_html", 1000, frozenset({"emotes", "badges"})),
    "twitch_dl": Export(twitch_dl, "twitch_gql", keeps=frozenset({"id", "emotes", "badges"})),
    "verbose_chat": Export(verbose_chat, "twitch_gql", keeps=frozenset({"id", "emotes", "badges"})),
    "readable_chat": Export(readable_chat, "twitch_archiver_text", keeps=frozenset({"first_piece"})),
    "cd_old_json": Export(lambda lines: json.dumps([*map(old_item, lines)]).encode(), "chat_downloader"),
    "cd_json": Export(
        lambda lines: json.dumps([*map(new_item, lines)]).encode(),
        "chat_downloader",
        keeps=frozenset({"id", "emotes", "badges", "action", "reply"}),
    ),
    "cd_jsonl": Export(
        lambda lines: joined(json.dumps(new_item(line)) for line in lines),
        "chat_downloader",
        keeps=frozenset({"id", "emotes", "badges", "action", "reply"}),
    ),
    "cd_old_csv": Export(lambda lines: items_csv([*map(old_item, lines)]), "chat_downloader_csv"),
    "cd_csv": Export(
        lambda lines: items_csv([*map(new_item, lines)]),
        "chat_downloader_csv",
        keeps=frozenset({"id", "emotes", "badges", "action", "reply"}),
    ),
    "cd_old_text": Export(
        lambda lines: joined(f"[{clock(line.at_ms // 1000, hours=False)}] {line.login}: {line.text}" for line in lines),
        "chat_downloader_text",
        1000,
    ),
    "cd_text": Export(lambda lines: joined(map(new_text, lines)), "chat_downloader_text", 1000),
    "live_chat": Export(live_chat, "youtube_live_chat", keeps=frozenset({"id", "emotes"}), names="channel"),
    "recorded_live_chat": Export(
        recorded_live_chat, "youtube_live_chat", keeps=frozenset({"id", "emotes"}), names="channel"
    ),
    "irc": Export(lambda lines: joined(map(irc_line, lines), "\r\n"), "twitch_irc", keeps=IRC),
    "recent_messages": Export(recent_messages, "twitch_irc_json", keeps=IRC),
    "rustlog": Export(
        lambda lines: compact({"messages": [rustlog_item(line, full=True) for line in lines]}).encode(),
        "twitch_irc_json",
        keeps=IRC,
    ),
    "rustlog_lines": Export(
        lambda lines: joined(compact(rustlog_item(line, full=False)) for line in lines),
        "twitch_irc_json",
        keeps=IRC - {"action"},
    ),
    "justlog": Export(justlog_text, "justlog", 1000),
    "chatterino": Export(chatterino_log, "chatterino", 1000),
    "eventsub": Export(
        lambda lines: joined(compact(eventsub(line)) for line in lines), "eventsub", keeps=RECHAT | {"reply"}
    ),
    "eventsub_array": Export(
        lambda lines: json.dumps([*map(webhook, lines)], indent=2).encode(), "eventsub", keeps=RECHAT | {"reply"}
    ),
    "eventsub_sequence": Export(
        lambda lines: "\n".join(json.dumps(eventsub(line), indent=2) for line in lines).encode() + b"\n",
        "eventsub",
        keeps=RECHAT | {"reply"},
    ),
    "tcd_irc": Export(tcd_irc, "tcd_text", 1000, frozenset({"action"})),
    "tcd_csv": Export(
        lambda lines: joined(f'{clock(line.at_ms // 1000)}, {line.display}, "{line.text}"' for line in lines),
        "tcd_text",
        1000,
    ),
    "tcd_srt": Export(tcd_srt, "tcd_srt"),
    "tcd_ssa": Export(tcd_ssa, "tcd_ssa", 10),
    "csv": Export(
        table(",", ("time", "user_name", "message"), lambda line: (f"{line.at_ms / 1000:.3f}", line.login, line.text)),
        "table",
    ),
    "tsv": Export(
        table(
            "\t",
            ("Timestamp", "Author", "Message-ID", "Text"),
            lambda line: (round(line.sent_at.timestamp() * 1000), line.login, line.id, line.text),
        ),
        "table",
        keeps=frozenset({"id"}),
    ),
    "semicolons": Export(
        table(
            ";",
            ("date", "user", "badges", "bits", "body"),
            lambda line: (
                iso(line.sent_at),
                line.login,
                ",".join(f"{name}/{version}" for name, version in line.badges),
                line.bits,
                line.text,
            ),
        ),
        "table",
        keeps=frozenset({"badges", "bits"}),
    ),
    "parquet": Export(parquet, "parquet", keeps=frozenset({"id", "badges"})),
}


def chat(count: int = 12) -> list[Line]:
    """A chat with what formats stumble over, in order of time, no two messages alike."""
    texts: list[Pieces] = [
        (("hello there", None),),
        (("hi ", None), ("Kappa", "25"), (" 👍 and ", None), ("Kappa", "25"), (" again", None)),
        (('a "quoted, word" and \\ back', None),),
        (("[0:00:12] no: name", None),),
        (("<b>&amp; {x}]", None),),
        (("PogChamp", "305"), (" ;) 50% | x", None)),
        (("日本語 ё é", None),),
        (("it's 12:30: go", None),),
    ]
    logins = ["ann", "bob_99", "cleo", "dora"]
    badges = [(), (("subscriber", "12"),), (("moderator", "1"), ("subscriber", "3")), ()]
    return [
        Line(
            id=f"00000000-0000-4000-8000-{number:012d}",
            at_ms=900 + 7_777 * number,
            login=logins[number % 4],
            pieces=(*texts[number % len(texts)], (f" {number}", None)),
            badges=badges[number % 4],
            bits=100 if number % 5 == 0 else 0,
            is_action=number % 7 == 3,
            reply_to="00000000-0000-4000-8000-000000000000" if number % 6 == 5 else None,
        )
        for number in range(count)
    ]
