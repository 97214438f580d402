"""What YouTube shows as one item of a chat: who wrote it, its text in runs, its badges."""

import re
from collections.abc import Iterable

import msgspec

# What somebody wrote; the other kinds of item are the platform's notices of somebody.
MESSAGES = frozenset({"text", "paid"})
MONTHS = re.compile(r"\((\d+) (month|year)s?\)")


class Emoji(msgspec.Struct, gc=False, rename="camel"):
    """An emoji; a channel's own is an emote here."""

    emoji_id: str | None = None
    shortcuts: list[str] | None = None
    is_custom_emoji: bool | None = None


class Run(msgspec.Struct, gc=False):
    """A piece of the text."""

    text: str | None = None
    emoji: Emoji | None = None


class Text(msgspec.Struct, gc=False, rename="camel"):
    """A text, in runs or simple."""

    runs: list[Run] | None = None
    simple_text: str | None = None


class Icon(msgspec.Struct, gc=False, rename="camel"):
    """A badge's icon."""

    icon_type: str | None = None


class BadgeInside(msgspec.Struct, gc=False):
    """A badge's icon and its words."""

    icon: Icon | None = None
    tooltip: str | None = None


class Badge(msgspec.Struct, gc=False, rename={"inner": "liveChatAuthorBadgeRenderer"}):
    """A badge beside the name."""

    inner: BadgeInside | None = None


class GiftHeader(msgspec.Struct, gc=False, rename="camel"):
    """Who gives memberships away, and how many."""

    author_name: Text | None = None
    author_badges: list[Badge] | None = None
    primary_text: Text | None = None


class Header(msgspec.Struct, gc=False, rename={"inner": "liveChatSponsorshipsHeaderRenderer"}):
    """Where a gift says who it is from."""

    inner: GiftHeader | None = None


class Renderer(msgspec.Struct, gc=False, rename="camel"):
    """One item."""

    id: str | None = None
    timestamp_usec: str | float | None = None
    author_name: Text | None = None
    author_external_channel_id: str | None = None
    author_badges: list[Badge] | None = None
    message: Text | None = None
    header_subtext: Text | None = None
    header: Header | None = None


class Item(
    msgspec.Struct,
    gc=False,
    rename={
        "text": "liveChatTextMessageRenderer",
        "paid": "liveChatPaidMessageRenderer",
        "sticker": "liveChatPaidStickerRenderer",
        "membership": "liveChatMembershipItemRenderer",
        "gift": "liveChatSponsorshipsGiftPurchaseAnnouncementRenderer",
        "redemption": "liveChatSponsorshipsGiftRedemptionAnnouncementRenderer",
    },
):
    """An item by its kind; of those that are of nobody there is no field."""

    text: Renderer | None = None
    paid: Renderer | None = None
    sticker: Renderer | None = None
    membership: Renderer | None = None
    gift: Renderer | None = None
    redemption: Renderer | None = None


def renderer_of(item: Item) -> tuple[str, Renderer] | None:
    """Return an item's kind and content, or None where it is of nobody."""
    for name in Item.__struct_fields__:
        found: Renderer | None = getattr(item, name)
        if found is not None:
            return name, found
    return None


def fragments_of(item: Renderer) -> list[tuple[str, str | None]]:
    """Return the text in pieces: the writer's own words, else the platform's."""
    texts = [item.message, item.header_subtext]
    if item.header is not None and item.header.inner is not None:
        texts.append(item.header.inner.primary_text)
    for text in texts:
        pieces = _pieces(text) if text is not None else []
        if pieces:
            return pieces
    return []


def badges_of(badges: Iterable[Badge]) -> tuple[str, ...]:
    """Return badges as set/version: the owner wears Twitch's broadcaster badge, a member's version is in months."""
    inside = [badge.inner for badge in badges if badge.inner is not None]
    return tuple(name for badge in inside if (name := _badge(badge)))


def _badge(badge: BadgeInside) -> str | None:
    kind = (badge.icon.icon_type or "").casefold() if badge.icon is not None else ""
    if kind:
        return f"{'broadcaster' if kind == 'owner' else kind}/1"
    if not badge.tooltip:
        return None
    since = MONTHS.search(badge.tooltip)
    return f"member/{int(since[1]) * (12 if since[2] == 'year' else 1) if since and len(since[1]) < 6 else 0}"


def _pieces(text: Text) -> list[tuple[str, str | None]]:
    if text.runs is None:
        return [(text.simple_text, None)] if text.simple_text else []
    pieces: list[tuple[str, str | None]] = []
    for run in text.runs:
        if run.emoji is None:
            pieces.append((run.text or "", None))
        elif run.emoji.is_custom_emoji:
            pieces.append((_shortcut(run.emoji), run.emoji.emoji_id or ""))
        else:
            pieces.append((run.emoji.emoji_id or _shortcut(run.emoji), None))
    return [piece for piece in pieces if piece[0]]


def _shortcut(emoji: Emoji) -> str:
    return emoji.shortcuts[0] if emoji.shortcuts else ":emoji:"
