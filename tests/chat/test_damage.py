"""Whatever happened to a file, reading it gives a result with everything counted, or says what is wrong with it."""

import random
from collections.abc import Callable
from pathlib import Path

from dougpt_chat import read_chat
from dougpt_schema import CHAT_EVENTS, REJECTS, DougptError
from hypothesis import given, settings
from hypothesis import strategies as st

RECORDING = "0123456789abcdef"
WORDS = ["hello", "é👍 @bob", 'a "quoted" word', "[x]{y}"]


def mutated(text: bytes, seed: int) -> bytes:
    """Flip, overwrite, drop, repeat and insert bytes at random places."""
    rng = random.Random(seed)  # noqa: S311 - damage, not secrets
    damaged = bytearray(text)
    for _ in range(rng.choice([1, 2, 5, 30])):
        at, length = rng.randrange(len(damaged)), rng.randrange(1, 200)
        match rng.randrange(5):
            case 0:
                damaged[at] ^= 1 << rng.randrange(8)
            case 1:
                damaged[at] = rng.choice(b'{}[]",:\\\x00\xff/*')
            case 2 if len(damaged) > 2 * length:
                del damaged[at : at + length]
            case 3:
                damaged[at:at] = damaged[at : at + length]
            case _:
                damaged[at:at] = rng.randbytes(rng.randrange(1, 20))
    return bytes(damaged)


@settings(deadline=None, max_examples=80)
@given(seed=st.integers(0, 2**32), allowed=st.booleans())
def test_a_damaged_file_is_read_or_refused(
    seed: int,
    allowed: bool,
    say: Callable[..., object],
    document: Callable[..., bytes],
    saved: Callable[[bytes], Path],
) -> None:
    text = document(
        [say(((WORDS[n % 4], None),), at_ms=900 * n, id=f"m-{n}") for n in range(12)], indent=seed % 3 or None
    )

    try:
        found = read_chat(saved(mutated(text, seed)), recording_id=RECORDING, allow_truncated=allowed)
    except DougptError as refusal:
        message = str(refusal)
    else:
        message = ""
    assert "\n" not in message
    if message:
        return

    CHAT_EVENTS.check(found.events)
    counts = found.report.counts
    assert counts.messages == counts.events + counts.duplicates + REJECTS.check(found.rejects).num_rows
    assert allowed or not found.report.truncated
