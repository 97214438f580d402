"""JSON as people's tools write it, made JSON: what TwitchDownloader's own reader forgives, and bad Unicode.

Comments and trailing commas go, NaN becomes null, control characters in strings are escaped, surrogates
without a partner and bytes that are no UTF-8 become U+FFFD. Nothing else is guessed.
"""

import re
from collections import Counter

# One that is never closed runs to the end, so that nothing behind it is looked at again and again.
STRING = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)'
COMMENT = re.compile(rb"(" + STRING + rb")|/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
TRAILING_COMMA = re.compile(rb"(" + STRING + rb")|,(?=\s*[}\]])", re.DOTALL)
COMMA_AND_END = re.compile(rb",\s*[}\]]")
NOT_A_NUMBER = re.compile(rb"(" + STRING + rb")|-?\b(?:NaN|Infinity)\b", re.DOTALL)
WHOLE_STRING = re.compile(STRING, re.DOTALL)
CONTROL = re.compile(rb"[\x00-\x1f]")
# An escaped backslash is passed over, so that `\\ud83d` in the text stays what it says.
SURROGATE = re.compile(
    rb"(\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})|\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
)
REPLACEMENT = rb"\ufffd"


def repair(text: bytes) -> tuple[bytes, Counter[str]]:
    """Return `text` as strict JSON in UTF-8 where that can be had, and how often each kind of repair was made."""
    repairs: Counter[str] = Counter()
    text = _utf8(text, repairs)
    if b"/*" in text or b"//" in text:
        text = _drop("comments", COMMENT, b"", text, repairs)
    if COMMA_AND_END.search(text):
        text = _drop("trailing_commas", TRAILING_COMMA, b"", text, repairs)
    if b"NaN" in text or b"Infinity" in text:
        text = _drop("not_a_number", NOT_A_NUMBER, b"null", text, repairs)
    if b"\\u" in text:
        text = _drop("lone_surrogates", SURROGATE, REPLACEMENT, text, repairs)
    if CONTROL.search(text):
        text = WHOLE_STRING.sub(lambda match: _escaped(match.group(), repairs), text)
    return text, repairs


def _utf8(text: bytes, repairs: Counter[str]) -> bytes:
    try:
        text.decode()
    except UnicodeDecodeError:
        repairs["bad_utf8"] += 1
        return text.decode(errors="replace").encode()
    return text


def _drop(name: str, pattern: re.Pattern[bytes], instead: bytes, text: bytes, repairs: Counter[str]) -> bytes:
    """Replace every match that is not the pattern's first group, which protects what must stay."""

    def replace(match: re.Match[bytes]) -> bytes:
        kept: bytes | None = match.group(1)
        if kept is not None:
            return kept
        repairs[name] += 1
        return instead

    return pattern.sub(replace, text)


def _escaped(string: bytes, repairs: Counter[str]) -> bytes:
    fixed, count = CONTROL.subn(lambda match: b"\\u%04x" % match.group()[0], string)
    if count:
        repairs["control_characters"] += count
    return fixed
