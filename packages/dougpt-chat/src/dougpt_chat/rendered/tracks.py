"""A panel followed picture by picture: what it shows is laid on a ribbon, and what leaves the ribbon is cut off.

Most pictures show what the one before showed, and looking at a few pixels tells that. Where something changed, the
text may have moved as a whole (a message came), in part (a message was taken out), or other text may stand in its
place. A picture in which none of this is so, a blend of two or another scene, is left out; if the text does not come
back but other text stays, the ribbon is laid aside and another begins. H rows, W columns of pixels.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from dougpt_chat.rendered.agreement import Agreement, Flags, alike, compare, runs_of
from dougpt_chat.rendered.frames import Picture, Region
from dougpt_chat.rendered.motion import ShiftSearch, Strokes, moved_down, strokes_of
from dougpt_chat.rendered.pieces import find_taken_out
from dougpt_chat.rendered.ribbon import MOMENT_MS, NEVER, Ribbon, Sight, Stretch

# Pictures are looked at some at a time: where the last of them shows what stood there before, so did the others.
BLOCK_MS = 130
# A cell of a picture, in pixels across and down, is another where its brightness differs by this much on average.
CELL = (24, 6)
CHANGED = 2
# How often pictures that look alike are added to the mean, in ms.
MORE_MS = 300
LEAST_LIKENESS = 0.3
# A shift is believed where this much less of the text disagrees than if the text stood still.
LEAST_GAIN = 0.08
# The share of text beyond which what a picture shows is something else altogether.
ALTOGETHER = 0.6
# The share of text that may differ without a closer look: emotes move.
QUIET = 0.08
# How long a ribbon is followed before it is held against pictures that show something else.
PROVED_MS = 500
# For how long text that went altogether may come back, in ms.
ASIDE_MS = 60_000
# How much of it may differ then: by a shift, noise behind the text looks like a part of any other noise.
COME_BACK = 0.3
# A fraction of a pixel that is an error of measuring.
WHOLE_PX = 0.13
# How alike pictures are that show the same while the ribbon's text is not to be seen.
SAME_SCENE = 0.7
# What differs this near the panel's edge alone, in pixels, is no other text: half a badge or letter has other strokes.
EDGE_PX = 12
# Text that takes another's place is at least this high, in pixels.
LEAST_PX = 12
# Text scrolled out of the panel is kept for this much of the panel's height, in case it comes back.
KEPT_SHARE = 0.2


class Tracks:
    """Follows one panel; what leaves it comes out as stretches of the ribbon.

    Attributes:
        region: left, top, width, height.
        looked_at: How many pictures were compared.
        left_out: How many pictures showed a blend or something else.
        shown: From when to when what came out was to be seen, ribbon by ribbon.
    """

    def __init__(self, region: Region) -> None:
        self.region = region
        self.looked_at = 0
        self.left_out = 0
        self.shown: list[tuple[int, int]] = []
        _, _, self._width, self._height = region
        self._search = ShiftSearch(self._height, self._width)
        self._ribbon: Ribbon | None = None
        self._aside: Ribbon | None = None
        self._beyond_px = 0.0  # how far the view stands below a whole row of the ribbon
        self._block: list[Picture] = []
        self._luma_HW: NDArray[np.uint8] | None = None  # the last picture that was compared
        self._strokes_HW: Strokes | None = None
        self._last_ms = NEVER  # the last picture
        self._sure_ms = NEVER  # the last picture that showed the ribbon
        self._lost: list[int] = []  # the pictures since then that agree among themselves
        self._laid_ms = NEVER
        self._moved = False
        self._cut_off: list[Stretch] = []
        self._held: list[Stretch] = []

    def feed(self, picture: Picture) -> None:
        """Take in the next picture."""
        self._block.append(picture)
        if picture.at_ms - self._block[0].at_ms >= BLOCK_MS or self._ribbon is None:
            self._look()

    def taken(self) -> list[Stretch]:
        """Return what left the panel since the last call."""
        cut_off, self._cut_off = self._cut_off, []
        return cut_off

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest text came that is still held; None where none is."""
        times = [ribbon.oldest_ms for ribbon in (self._ribbon, self._aside) if ribbon is not None]
        return min((at_ms for at_ms in times if at_ms is not None), default=None)

    @property
    def goes_down(self) -> bool:
        """Whether new text comes in at the top."""
        return self._ribbon is not None and self._ribbon.went_down

    def finish(self) -> None:
        """End the ribbon: what the panel still shows leaves it; not what stands in its place while there is no chat."""
        self._look()
        ribbon, aside = self._ribbon, self._aside
        if ribbon is not None and aside is not None:
            if _is_no_chat(ribbon, aside):
                self._ribbon, self._aside, self._held = aside, None, []
            elif _is_no_chat(aside, ribbon):
                self._aside = None
        self._release(self._aside)
        self._release(self._ribbon)

    def _look(self) -> None:
        block, self._block = self._block, []
        if not block:
            return
        if not self._lost and (self._is_same(block[-1]) or self._is_quiet(block[-1])):
            self._stand_still(block[-1])
            return
        for picture in block:
            if self._is_same(picture):
                self._stand_still(picture)
            else:
                self._compare(picture)
            self._last_ms = picture.at_ms

    def _is_same(self, picture: Picture) -> bool:
        """Whether a picture looks like the last that was compared."""
        if self._luma_HW is None:
            return False
        difference_HW = cv2.absdiff(picture.luma_HW(self.region), self._luma_HW)
        across, down = max(1, self._width // CELL[0]), max(1, self._height // CELL[1])
        whole = difference_HW[: self._height // down * down, : self._width // across * across]
        return int(cv2.resize(whole, (across, down), interpolation=cv2.INTER_AREA).max()) <= CHANGED

    def _is_quiet(self, picture: Picture) -> bool:
        """Whether a picture shows the ribbon's text where it stood, whatever moves behind it."""
        if self._ribbon is None or self._moved:
            return False
        still = compare(*self._ribbon.strokes_at(0), self._grid(strokes_of(picture.luma_HW(self.region))))
        return still.differing < QUIET and not still.appeared

    def _grid(self, image_HW: Strokes) -> Strokes:
        """A picture on the ribbon's own grid."""
        return moved_down(image_HW, self._beyond_px)

    def _stand_still(self, picture: Picture) -> None:
        """Take in a picture that looks like the last; it is looked at closely only where that tells something."""
        ribbon = self._ribbon
        more = ribbon is not None and ribbon.needs_more and picture.at_ms - self._laid_ms >= MORE_MS
        if ribbon is None or self._lost or self._moved or more or ribbon.has_doubts:
            self._compare(picture)
        else:
            ribbon.seen(picture.at_ms)
            self._sure_ms = picture.at_ms
        self._last_ms = picture.at_ms

    def _compare(self, picture: Picture) -> None:
        self.looked_at += 1
        luma_HW = picture.luma_HW(self.region)
        strokes_HW = strokes_of(luma_HW)
        if self._ribbon is None:
            self._begin(picture, strokes_HW, at_ms=picture.at_ms)
        elif not self._resume(picture, strokes_HW) and not self._place(self._ribbon, picture, strokes_HW):
            self._lose(picture, strokes_HW)
        self._luma_HW, self._strokes_HW = luma_HW.copy(), strokes_HW

    def _begin(self, picture: Picture, strokes_HW: Strokes, at_ms: int) -> None:
        place = max((one.next_place for one in (self._ribbon, self._aside) if one is not None), default=0)
        self._ribbon = Ribbon(self._height, self._width, place=place, at_ms=at_ms, unseen_ms=self._sure_ms)
        self._beyond_px = 0.0
        self._lay(self._ribbon, picture, strokes_HW, np.ones(self._height, dtype=bool), at_rest=False)

    def _place(self, ribbon: Ribbon, picture: Picture, strokes_HW: Strokes) -> bool:
        """Find where on the ribbon a picture stands, and lay it there; return whether it stands anywhere."""
        view_HW, _ = ribbon.strokes_at(0)
        still = compare(*ribbon.strokes_at(0), self._grid(strokes_HW))
        if still.is_whole:
            self._lay_agreeing(ribbon, picture, strokes_HW, still, at_rest=True)
            return True
        shift = None
        if still.differing >= QUIET:
            shift = self._search.find(view_HW, strokes_HW, goes_down=ribbon.went_down)
        if shift is not None and shift.likeness > LEAST_LIKENESS:
            up, beyond_px = _whole_and_beyond(shift.up_px)
            moved = compare(*ribbon.strokes_at(up), moved_down(strokes_HW, beyond_px))
            if moved.differing < min(still.differing - LEAST_GAIN, ALTOGETHER):
                ribbon.scroll(up, picture.at_ms, self._sure_ms if self._lost else self._last_ms)
                self._beyond_px = beyond_px
                self._lay_agreeing(ribbon, picture, strokes_HW, moved, at_rest=False)
                self._cut_scrolled(ribbon)
                return True
        if (
            still.differing < ALTOGETHER
            or ribbon.followed_ms < PROVED_MS
            or self._take_out(ribbon, picture, self._grid(strokes_HW), still)
        ):
            still = compare(*ribbon.strokes_at(0), self._grid(strokes_HW))
            self._lay_agreeing(ribbon, picture, strokes_HW, still, at_rest=True)
            return True
        return False

    def _lay_agreeing(
        self, ribbon: Ribbon, picture: Picture, strokes_HW: Strokes, agreement: Agreement, *, at_rest: bool
    ) -> None:
        """Lay a picture where it agrees with the ribbon, and see to where it does not."""
        grid_HW = moved_down(strokes_HW, self._beyond_px)
        if not agreement.is_whole and self._take_out(ribbon, picture, grid_HW, agreement):
            agreement = compare(*ribbon.strokes_at(0), grid_HW)
        trusted_H = ~agreement.differs_H
        if not agreement.is_whole:
            trusted_H |= self._doubt(ribbon, picture, grid_HW, agreement.differs_H)
        self._lay(ribbon, picture, strokes_HW, trusted_H, at_rest=at_rest)

    def _lay(self, ribbon: Ribbon, picture: Picture, strokes_HW: Strokes, trusted_H: Flags, *, at_rest: bool) -> None:
        luma_HW = moved_down(picture.luma_HW(self.region).astype(np.float32), self._beyond_px)
        if self._beyond_px:
            trusted_H[[0, -1]] = False
        ribbon.lay(Sight(picture.at_ms, luma_HW, moved_down(strokes_HW, self._beyond_px), at_rest), trusted_H)
        pale = np.flatnonzero(ribbon.colourless_H(at_rest=at_rest) & trusted_H)
        if pale.size:
            left, top, width, _ = self.region
            first, end = int(pale[0]), int(pale[-1]) + 1
            ribbon.colour(first, picture.chroma_HW2((left, top + first, width, end - first)), at_rest=at_rest)
        self._moved = not at_rest
        self._lost = []
        self._sure_ms = self._laid_ms = picture.at_ms

    def _take_out(self, ribbon: Ribbon, picture: Picture, grid_HW: Strokes, agreement: Agreement) -> bool:
        """Cut out of the ribbon what the picture shows no more while what stood above or below has closed up."""
        found = find_taken_out(ribbon.rows.strokes_HW, ribbon.top, grid_HW, agreement.differs_H, agreement.inked_H)
        if found is None or not 0 <= found.first < found.end <= len(ribbon.rows):
            return False
        height = found.end - found.first
        up = -height * found.is_above
        without = compare(*ribbon.strokes_without(found.first, found.end, up), grid_HW)
        if without.differing > min(0.5 * agreement.differing, QUIET):
            return False
        top = ribbon.top + up
        self._cut(ribbon, found.first, found.end)
        ribbon.scroll(top - ribbon.top, picture.at_ms, self._last_ms)
        return True

    def _doubt(self, ribbon: Ribbon, picture: Picture, grid_HW: Strokes, differs_H: Flags) -> Flags:
        """Note rows that show something else; return those that have shown it for long enough to be believed."""
        view = ribbon.view
        differs_H = _beyond_edges(differs_H)
        stays_H = differs_H & (view["doubt_ms"] != NEVER)
        stays_H &= alike(view.doubted_HW, grid_HW)
        new_H = differs_H & ~stays_H
        ribbon.unsteady(grid_HW, new_H & (view["doubt_ms"] != NEVER))
        view["doubt_ms"][new_H], view["doubt_unseen_ms"][new_H] = picture.at_ms, self._last_ms
        view.doubted_HW[new_H] = grid_HW[new_H]
        believed_H: Flags = stays_H & (picture.at_ms - view["doubt_ms"] >= MOMENT_MS)
        for first, end in runs_of(believed_H):
            if end - first >= LEAST_PX:
                self._put(ribbon.renew(first, end))
            else:
                believed_H[first:end] = False
        return believed_H

    def _lose(self, picture: Picture, strokes_HW: Strokes) -> None:
        """A picture shows nothing of the ribbon: if the next ones show the same, something else has begun."""
        self.left_out += 1
        if self._aside is not None and picture.at_ms - self._aside.last_ms > ASIDE_MS:
            self._release(self._aside)
            self._aside = None
        stays = self._lost and self._strokes_HW is not None and self._stays(self._strokes_HW, strokes_HW)
        self._lost = [*self._lost, picture.at_ms] if stays else [picture.at_ms]
        if len(self._lost) > 1 and picture.at_ms - self._lost[0] >= MOMENT_MS:
            self._lay_aside()
            self._begin(picture, strokes_HW, at_ms=self._lost[0])

    def _lay_aside(self) -> None:
        """Keep the ribbon in case its text comes back; of two, the one that scrolled, or was followed for longer."""
        ribbon, aside = self._ribbon, self._aside
        if ribbon is None:
            return
        if aside is None:
            self._aside = ribbon
        elif ribbon.outlasts(aside):
            self._release(None if _is_no_chat(aside, ribbon) else aside)
            self._aside = ribbon
        elif ribbon.has_ground_of(aside):
            self._release(ribbon)
        else:
            self._held = []

    def _stays(self, before_HW: Strokes, after_HW: Strokes) -> bool:
        shift = self._search.find(before_HW, after_HW)
        return shift is not None and shift.likeness > SAME_SCENE

    def _resume(self, picture: Picture, strokes_HW: Strokes) -> bool:
        """Take up the ribbon that was laid aside, if the picture shows it; what was followed meanwhile ends."""
        ribbon, aside = self._ribbon, self._aside
        if ribbon is None or aside is None:
            return False
        if self._differing(ribbon, strokes_HW) < QUIET:
            return False
        if ribbon.has_scrolled and ribbon.has_ground_of(aside):
            # The chat began anew; what it says again, it says again.
            self._release(aside)
            self._aside = None
            return False
        before = (self._beyond_px, self._lost)
        self._beyond_px, self._lost = 0.0, [picture.at_ms]
        if self._differing(aside, strokes_HW) > COME_BACK or not self._place(aside, picture, strokes_HW):
            self._beyond_px, self._lost = before
            return False
        if ribbon.has_ground_of(aside):
            self._release(ribbon)
        self._held = []
        self._ribbon, self._aside = aside, None
        return True

    def _differing(self, ribbon: Ribbon, strokes_HW: Strokes) -> float:
        """The share of a ribbon's text that a picture does not show, where it stood or moved; all, if there is none."""
        still = compare(*ribbon.strokes_at(0), self._grid(strokes_HW))
        if not still.inked_H.any():
            return 1.0
        if still.differing < QUIET:
            return still.differing
        shift = self._search.find(ribbon.strokes_at(0)[0], strokes_HW)
        if shift is None or shift.likeness <= LEAST_LIKENESS:
            return still.differing
        up, beyond_px = _whole_and_beyond(shift.up_px)
        return compare(*ribbon.strokes_at(up), moved_down(strokes_HW, beyond_px)).differing

    def _cut(self, ribbon: Ribbon, first: int, end: int) -> None:
        self._put(ribbon.cut(first, end))

    def _put(self, stretch: Stretch) -> None:
        """Give a stretch away; not yet, where it may be of another scene than the chat that is laid aside."""
        (self._cut_off if self._aside is None else self._held).append(stretch)

    def _release(self, ribbon: Ribbon | None) -> None:
        """Give away what was held back, and a ribbon that ends."""
        self._cut_off += self._held
        self._held = []
        if ribbon is not None:
            self.shown += ribbon.shown
            self._cut_off.append(ribbon.cut(0, len(ribbon.rows)))

    def _cut_scrolled(self, ribbon: Ribbon) -> None:
        """Cut off what scrolled out of the panel, at a blank."""
        kept = round(KEPT_SHARE * self._height)
        above = ribbon.rows.strokes_HW[: max(0, ribbon.top - kept)]
        if len(above) > 2 * kept:
            self._cut(ribbon, 0, last_blank(above))
        below = ribbon.rows.strokes_HW[ribbon.top + self._height + kept :][::-1]
        if len(below) > 2 * kept:
            self._cut(ribbon, len(ribbon.rows) - last_blank(below), len(ribbon.rows))


def _is_no_chat(ribbon: Ribbon, chat: Ribbon) -> bool:
    """Whether what was followed never scrolled and looks unlike what did, for longer: the scene in a chat's place."""
    is_brief = not ribbon.has_scrolled and chat.has_scrolled and ribbon.followed_ms < chat.followed_ms
    return is_brief and not ribbon.has_ground_of(chat)


def _whole_and_beyond(up_px: float) -> tuple[int, float]:
    """The whole rows of a shift, and what is beyond them, at most half a row; an error of measuring is none."""
    up = round(up_px)
    beyond_px = up_px - up
    return up, 0.0 if abs(beyond_px) < WHOLE_PX else beyond_px


def _beyond_edges(differs_H: Flags) -> Flags:
    """The same flags, without those that are set at an edge of the panel only."""
    beyond_H = differs_H.copy()
    for first, end in runs_of(differs_H):
        if end <= EDGE_PX or first >= len(differs_H) - EDGE_PX:
            beyond_H[first:end] = False
    return beyond_H


def last_blank(strokes_HW: Strokes) -> int:
    """Where in the later half of rows the least text stands, the last such place."""
    half = len(strokes_HW) // 2
    energy_H = np.einsum("hw,hw->h", strokes_HW[half:], strokes_HW[half:])
    smooth_H = np.convolve(energy_H, np.ones(3), "same")
    floor = float(smooth_H.min())
    return half + int(np.flatnonzero(smooth_H <= floor * 1.5 + 1.0)[-1])
