"""Emotes: Twitch's own come as fragments with an id, those of third parties as plain words."""

from typing import Any

from generator.lexicon import records

TWITCH: dict[str, str] = records("emotes")["twitch"]
THIRD_PARTY: list[str] = records("emotes")["third_party"]
WORDS = frozenset(TWITCH) | frozenset(THIRD_PARTY)
ONE_PIXEL_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="  # in base 64
)


def fragments(text: str) -> list[tuple[str, str | None]]:
    """The text in pieces, each with the id of Twitch's emote that it is, or None; joined they are the text."""
    pieces: list[tuple[str, str | None]] = []
    plain = ""
    for place, word in enumerate(text.split(" ")):
        space = " " if place else ""
        if word in TWITCH:
            if plain + space:
                pieces.append((plain + space, None))
            pieces.append((word, TWITCH[word]))
            plain = ""
        else:
            plain += space + word
    return [*pieces, (plain, None)] if plain else pieces


def embedded() -> dict[str, Any]:
    """What TwitchDownloader embeds of third-party emotes, each of them one pixel here."""
    third = [
        {
            "id": f"{number:024x}",
            "imageScale": 1,
            "data": ONE_PIXEL_PNG,
            "name": name,
            "url": None,
            "width": 1,
            "height": 1,
            "isZeroWidth": False,
        }
        for number, name in enumerate(THIRD_PARTY, start=0x60AE0000)
    ]
    return {"thirdParty": third, "firstParty": [], "twitchBadges": [], "twitchBits": []}
