"""A message as pictures: badges, the name in its colour, words wrapped to the panel, emotes that may move.

Pictures are RGBA with colour already multiplied by alpha.
"""

import colorsys
import math
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zlib import crc32

import fontpkg_inter
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw, ImageFont

from chat_clips.clip import Clip, Row
from chat_clips.vocabulary import Said

Font = ImageFont.FreeTypeFont
Picture = NDArray[np.uint8]
PHASES = 4
PAD_PX = 8
CJK = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
MIN_LUMA = 105


@dataclass(frozen=True)
class Strip:
    """A drawn message: one picture for each phase of its emotes, its rows, and the name's colour as drawn."""

    phases: tuple[Picture, ...]
    rows: tuple[Row, ...]
    color: tuple[int, int, int]

    @property
    def height(self) -> int:
        """In pixels, the gap to the next message left out."""
        return int(self.phases[0].shape[0])

    @property
    def moves(self) -> bool:
        """Whether its phases differ."""
        return len(self.phases) > 1


@dataclass(frozen=True, slots=True)
class _Token:
    """What is not broken over two rows: a word in its font, or a picture by name."""

    text: str
    width: float
    font: Font | None
    ink: str = "#ffffff"
    glued: bool = False


class Typesetter:
    """Draws the messages of one clip."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        px = clip.font_px
        self._width = clip.panel[2]
        self._row_px = clip.row_px or round(1.6 * px)
        self._emote_px = round(2 * px)
        self._badge_px = round(1.3 * px)
        self._space = max(2.0, _font(clip.font, px, bold=False, cjk=False).getlength(" "))

    def strip(self, said: Said) -> Strip:
        """Return a message's pictures and rows."""
        color = readable(self.clip.name_color or said.color)
        rows = self._wrapped(self._tokens(said, color))
        heights = [self._height(row) for row in rows]
        moves = self.clip.animated and any(self._is_emote(token) for row in rows for token in row)
        phases = PHASES if moves else 1
        pictures = tuple(self._draw(rows, heights, phase) for phase in range(phases))
        tops = np.cumsum([0, *heights])
        boxes = tuple(self._row(row, float(top), height) for row, top, height in zip(rows, tops, heights, strict=False))
        return Strip(pictures, boxes, color)

    def _tokens(self, said: Said, color: tuple[int, int, int]) -> list[_Token]:
        clip, ink = self.clip, "#{:02x}{:02x}{:02x}".format(*color)
        tokens = [_Token(f"badge {n} {said.name}", self._badge_px, None) for n in range(said.badges * clip.badges)]
        name_font = self._font(said.name, bold=True)
        if clip.colon:
            tokens += self._cut(f"{said.name}:", name_font, ink)
        else:
            tokens += [*self._cut(said.name, name_font, ink), _Token("", self._space, name_font, ink)]
        for piece in said.pieces:
            if piece.kind == "words":
                for word in piece.text.split():
                    tokens += self._cut(word, self._font(word, bold=False), "#ffffff")
            elif piece.kind == "emoji" or clip.emotes:
                px = self._emote_px if piece.kind == "emote" else round(1.2 * clip.font_px)
                tokens.append(_Token(f"{piece.kind} {piece.text}", px, None))
        return tokens

    def _font(self, text: str, *, bold: bool) -> Font:
        return _font(self.clip.font, self.clip.font_px, bold=bold, cjk=bool(CJK.search(text)))

    def _cut(self, word: str, font: Font, ink: str) -> list[_Token]:
        """A word, in pieces where it is longer than a row."""
        room = self._width - 2 * PAD_PX
        pieces: list[_Token] = []
        while font.getlength(word) > room:
            fit = max(n for n in range(1, len(word)) if n == 1 or font.getlength(word[:n]) <= room)
            pieces.append(_Token(word[:fit], font.getlength(word[:fit]), font, ink, glued=bool(pieces)))
            word = word[fit:]
        return [*pieces, _Token(word, font.getlength(word), font, ink, glued=bool(pieces))]

    def _wrapped(self, tokens: list[_Token]) -> list[list[_Token]]:
        rows: list[list[_Token]] = [[]]
        x = float(PAD_PX)
        for token in tokens:
            if rows[-1] and x + token.width > self._width - PAD_PX:
                rows.append([])
                x = float(PAD_PX)
            rows[-1].append(token)
            x += token.width + self._space
        return rows

    def _height(self, row: list[_Token]) -> int:
        return max(self._row_px, self._emote_px + 2 if any(map(self._is_emote, row)) else 0)

    @staticmethod
    def _is_emote(token: _Token) -> bool:
        return token.font is None and token.text.startswith("emote ")

    def _draw(self, rows: list[list[_Token]], heights: list[int], phase: int) -> Picture:
        picture = np.zeros((sum(heights), self._width, 4), dtype=np.uint16)
        top = 0
        for row, height in zip(rows, heights, strict=True):
            x = float(PAD_PX)
            for run in self._runs(row):
                token = run[0]
                if token.font is None:
                    sprite = _sprite(token.text, round(token.width), phase)
                    y = top + (height - sprite.shape[0]) // 2
                    picture[y : y + sprite.shape[0], round(x) : round(x) + sprite.shape[1]] = sprite
                    x += token.width + self._space
                    continue
                words = " ".join(one.text for one in run)
                self._write(picture, (x, self._baseline(top, height)), words, token)
                x += token.font.getlength(words) + self._space
            top += height
        return picture.astype(np.uint8)

    def _write(self, picture: NDArray[np.uint16], at: tuple[float, float], words: str, token: _Token) -> None:
        """Lay words over `picture` as masks of ink: Pillow's own way with alpha differs from one to the next."""
        for edge_px, ink in ((self.clip.outline_px, "#000000"), (0, token.ink))[self.clip.outline_px == 0 :]:
            mask = Image.new("L", (picture.shape[1], picture.shape[0]))
            ImageDraw.Draw(mask).text(at, words, 255, token.font, "ls", stroke_width=edge_px)
            covered = np.asarray(mask).astype(np.uint32)[..., None]
            color = np.array([*ImageColor.getrgb(ink), 255], dtype=np.uint32)
            picture[:] = (color * covered + picture * (255 - covered) + 127) // 255

    def _runs(self, row: list[_Token]) -> list[list[_Token]]:
        """Words of one font and colour that are written at once."""
        runs: list[list[_Token]] = []
        for token in row:
            alike = runs and token.font is not None and runs[-1][-1].font is token.font
            if alike and runs[-1][-1].ink == token.ink:
                runs[-1].append(token)
            else:
                runs.append([token])
        return runs

    def _baseline(self, top: float, height: int) -> float:
        return round(top + (height + 0.72 * self.clip.font_px) / 2)

    def _row(self, row: list[_Token], top: float, height: int) -> Row:
        x, right = float(PAD_PX), float(PAD_PX)
        for run in self._runs(row):
            font = run[0].font
            width = run[0].width if font is None else font.getlength(" ".join(one.text for one in run))
            right = x + width
            x = right + self._space
        text = ""
        for token in row:
            if token.font is not None:
                text += token.text if token.glued and text else f" {token.text}"
        px = self.clip.font_px
        return Row(text.strip(), float(PAD_PX), right, self._baseline(top, height) - 0.76 * px, px)


@cache
def _font(family: str, px: int, *, bold: bool, cjk: bool) -> Font:
    """A font at a size; letters are set one by one, since shaping differs from one Pillow to the next."""
    path, axes = _font_file(family, cjk=cjk, bold=bold)
    font = ImageFont.truetype(str(path), px, layout_engine=ImageFont.Layout.BASIC)
    if axes:
        weight = 700 if bold else 400
        font.set_variation_by_axes([*axes, weight])
    return font


def _font_file(family: str, *, cjk: bool, bold: bool) -> tuple[Path, list[float] | None]:
    if cjk:
        import justmytype_intl_cjk  # of the bench group: 30 MB

        return Path(justmytype_intl_cjk.__file__).parent / "fonts/ofl/notosansjp/NotoSansJP[wght].ttf", []
    if family == "Inter":
        return fontpkg_inter.ROOT / "files/Inter[opsz,wght].ttf", [14.0]
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / f"fonts/ttf/DejaVuSans{'-Bold' if bold else ''}.ttf", None


def readable(color: str) -> tuple[int, int, int]:
    """A colour made light enough for a dark ground, as players do."""
    red, green, blue = ImageColor.getrgb(color)[:3]
    hue, light, full = colorsys.rgb_to_hls(red / 255, green / 255, blue / 255)
    while True:
        rgb = tuple(round(255 * part) for part in colorsys.hls_to_rgb(hue, light, full))
        if 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] >= MIN_LUMA or light >= 1:
            return rgb  # type: ignore[return-value]
        light += 0.02


@cache
def _sprite(name: str, px: int, phase: int) -> Picture:
    """A badge, an emote or an emoji: a coloured shape of its own by name, turned a little in every phase."""
    kind, many = name.partition(" ")[0], 4
    big = Image.new("RGBA", (many * px, many * px))
    pen = ImageDraw.Draw(big)
    seed = crc32(name.encode())
    fill = "#ffcc4d" if kind == "emoji" else f"hsl({seed % 360}, {50 + seed // 7 % 45}%, {35 + seed // 11 % 30}%)"
    edge = many * px
    if kind == "badge":
        pen.rounded_rectangle((0, 0, edge - 1, edge - 1), edge // 6, fill)
        pen.polygon([(edge // 2, edge // 5), (edge * 4 // 5, edge * 4 // 5), (edge // 5, edge * 4 // 5)], "#ffffff")
    else:
        pen.ellipse((0, 0, edge - 1, edge - 1), fill)
        turn = phase * math.pi / (2 * PHASES) + seed % 5 * 0.15
        for angle in (turn + 3.9, turn + 5.5):
            x, y = edge / 2 + edge * 0.25 * math.cos(angle), edge / 2 + edge * 0.25 * math.sin(angle)
            pen.ellipse((x - edge / 10, y - edge / 10, x + edge / 10, y + edge / 10), "#202020")
        degrees = math.degrees(turn)
        pen.arc((edge / 4, edge / 4, edge * 3 / 4, edge * 3 / 4), degrees + 30, degrees + 150, "#7a1020", edge // 12)
        if seed % 2:
            pen.rectangle((0, 0, edge - 1, edge // 5), f"hsl({seed // 3 % 360}, 70%, 45%)")
    small = np.asarray(big.resize((px, px), Image.Resampling.BOX)).astype(np.uint16)
    small[..., :3] = small[..., :3] * small[..., 3:] // 255
    return small.astype(np.uint8)
