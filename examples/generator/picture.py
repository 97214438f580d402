"""What the stream shows: a little game that scrolls by, Barnaby's face in the corner, and the chat at the right.

The chat looks as TwitchDownloader renders it: its colors, names in bold, badges and emotes inline, and no motion but a
jump at each tick of 0.2 s at which something new was written.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from generator.emotes import WORDS as EMOTES
from generator.room import Message
from generator.voice import Line

WIDTH, HEIGHT = 640, 360
PANEL = 208
GAME_WIDTH = WIDTH - PANEL
TICK_MS = 200
FONT_SIZE, ROW, EMOTE = 12, 17, 14
PANEL_BACKGROUND, TEXT = "#111111", "#ffffff"
SKY, HILL, FIELD, SOIL, LEAF, TURNIP = "#8fd3f4", "#6fb36f", "#4e8f3a", "#7a5230", "#3c7a2a", "#e9d5e6"
BADGES = {
    "moderator": "#00ad03", "vip": "#e005b9", "subscriber": "#8205b4", "premium": "#0098d8", "bits": "#cbc8d0",
    "turbo": "#59399a", "partner": "#9146ff", "no_video": "#3d3d46",
}  # fmt: skip


@cache
def font() -> ImageFont.FreeTypeFont:
    """Pillow's own font, so that every machine has it."""
    found = ImageFont.load_default(FONT_SIZE)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise TypeError("this build of Pillow has no FreeType")
    return found


@dataclass
class ChatPanel:
    """The chat at the right, drawn anew at each tick that has news."""

    messages: Sequence[Message]
    _shown: int = -1
    _image: Image.Image = field(default_factory=lambda: Image.new("RGB", (PANEL, HEIGHT), PANEL_BACKGROUND))
    _rows: list[Image.Image] = field(default_factory=list)

    def at(self, ms: int) -> Image.Image:
        """The panel at a time of the recording."""
        tick = ms // TICK_MS
        written = sum(message.at_ms // TICK_MS <= tick for message in self.messages)
        if written != self._shown:
            self._rows += [
                row for message in self.messages[max(self._shown, 0) : written] for row in message_rows(message)
            ]
            self._image = Image.new("RGB", (PANEL, HEIGHT), PANEL_BACKGROUND)
            for place, row in enumerate(reversed(self._rows[-(HEIGHT // ROW) - 1 :]), 1):
                self._image.paste(row, (0, HEIGHT - place * ROW - 3))
            self._shown = written
        return self._image


def message_rows(message: Message) -> list[Image.Image]:
    """A message as rows of pixels."""
    rows, x = [], 4

    def fresh() -> ImageDraw.ImageDraw:
        rows.append(Image.new("RGB", (PANEL, ROW), PANEL_BACKGROUND))
        return ImageDraw.Draw(rows[-1])

    draw = fresh()
    for name, _ in message.author.badges:
        draw.rounded_rectangle((x, 3, x + 10, 13), 2, BADGES[name])
        x += 13
    color = readable(message.author.color)
    for offset in (0, 1):  # bold
        draw.text((x + offset, 2), message.author.display, color, font())
    x += round(font().getlength(message.author.display)) + 1
    draw.text((x, 2), ": ", TEXT, font())
    x += 7
    for word in message.text.split():
        wide = EMOTE if _is_picture(word) else round(font().getlength(word))
        if x + wide > PANEL - 4:
            draw, x = fresh(), 4
        if _is_picture(word):
            emote(draw, x, word)
        else:
            draw.text((x, 2), word, TEXT, font())
        x += wide + 4
    return rows


def emote(draw: ImageDraw.ImageDraw, x: int, word: str) -> None:
    """A face in the color of its word: every emote has its own, and none is anybody's."""
    seed = sum(place * ord(letter) for place, letter in enumerate(word, 3))
    hue = f"hsl({seed * 47 % 360}, 75%, {55 + seed % 20}%)"
    draw.ellipse((x, 1, x + EMOTE, 1 + EMOTE), hue)
    draw.ellipse((x + 3, 5, x + 5, 7), "black")
    draw.ellipse((x + 9, 5, x + 11, 7), "black")
    draw.arc((x + 3, 5 + seed % 4, x + 11, 12), 0, 180 + 180 * (seed % 2), "black")


def readable(color: str | None) -> str:
    """The name's color, brightened where it would drown on the dark panel."""
    parts = [int((color or "#b0b0b0")[place : place + 2], 16) for place in (1, 3, 5)]
    light = 0.3 * parts[0] + 0.59 * parts[1] + 0.11 * parts[2]
    lift = max(0.0, (110 - light) / 255)
    return "#" + "".join(f"{round(part + (255 - part) * lift):02x}" for part in parts)


def frame(ms: int, loudness: float, lines: Sequence[Line], panel: ChatPanel) -> Image.Image:
    """The picture at a time; `loudness` in [0, 1] opens the mouth."""
    image = Image.new("RGB", (WIDTH, HEIGHT), SKY)
    draw = ImageDraw.Draw(image)
    seconds = ms / 1000
    _scenery(draw, seconds)
    fell_s = min(
        (seconds - _seen_s(line) for line in lines if line.cue.happening and seconds >= _seen_s(line)), default=math.inf
    )
    _hero(draw, seconds, fell_s)
    _face(draw, loudness, fell_s < 2.5)
    draw.text((8, 6), f"TURNIPS {int(seconds) // 4:03}   LIVES {2 if fell_s < math.inf else 3}", "#1d2b3a", font())
    image.paste(panel.at(ms), (GAME_WIDTH, 0))
    return image


def _seen_s(line: Line) -> float:
    return (line.start_ms - (line.cue.happening.lead_ms if line.cue.happening else 0)) / 1000


def _scenery(draw: ImageDraw.ImageDraw, seconds: float) -> None:
    for place in range(-1, 4):
        x = place * 190 - round(12 * seconds) % 190
        draw.ellipse((x, 150, x + 260, 370), HILL)
    draw.rectangle((0, 262, GAME_WIDTH, HEIGHT), FIELD)
    draw.rectangle((0, 290, GAME_WIDTH, HEIGHT), SOIL)
    for place in range(-1, 8):
        x = place * 72 - round(36 * seconds) % 72
        draw.polygon(((x + 10, 264), (x + 16, 246), (x + 22, 264)), LEAF)
        draw.ellipse((x + 8, 258, x + 24, 276), TURNIP)


def _hero(draw: ImageDraw.ImageDraw, seconds: float, fell_s: float) -> None:
    jump = abs(math.sin(seconds * 2.1)) * 46 if fell_s > 1.6 else -80 * min(fell_s, 1.0)
    x, y = 250, round(232 - jump)
    draw.rectangle((x, y, x + 20, y + 24), "#c8442f")
    draw.ellipse((x - 1, y - 18, x + 21, y + 4), "#f2c79a")
    draw.rectangle((x - 3, y - 20, x + 23, y - 13), "#3b3b8f")


def _face(draw: ImageDraw.ImageDraw, loudness: float, shocked: bool) -> None:
    draw.rectangle((6, 232, 128, 354), "#2a2140", "#e0e0ff")
    draw.rectangle((20, 318, 114, 353), "#35618f")
    draw.ellipse((34, 250, 100, 326), "#f2c79a")
    draw.pieslice((30, 242, 104, 300), 180, 360, "#5a3825")
    for x in (54, 80):
        size = 5 if shocked else 3
        draw.ellipse((x - size, 284 - size, x + size, 284 + size), "white" if shocked else "#222222")
        draw.ellipse((x - 2, 282, x + 2, 286), "#222222")
    opened = 1 + round(10 * min(loudness, 1.0))
    draw.ellipse((56, 306 - opened // 2, 78, 307 + opened), "#8a2f3c")


def _is_picture(word: str) -> bool:
    return word in EMOTES or not word.isascii()
