"""Signs that a recogniser made text up: Whisper writes loops and stock phrases over music and silence.

None is proof; together with a second hearing they are reason enough to keep words out of the data.
"""

import zlib
from collections.abc import Sequence

from dougpt_media.normalise import normal
from dougpt_media.settings import TranscribeSettings
from dougpt_media.transcription.engine import Piece
from dougpt_media.windows import Span

LONGEST_LOOP = 8  # words
ROUNDS = 5  # a phrase said so often in a row is a loop
LOOP_LETTERS = 40  # shorter repetition is laughter
LEAST_SPEECH_MS = 150


def doubts_about(piece: Piece, speech: Sequence[Span], settings: TranscribeSettings) -> tuple[str, ...]:
    """Return why a piece may be made up: `repetitive`, `unlikely`, `no_speech` or `too_fast`.

    Args:
        piece: What was recognised.
        speech: Where somebody speaks, by a detector that is not the recogniser's.
        settings: The bounds.
    """
    spoken_ms = sum(max(0, min(span.end_ms, piece.end_ms) - max(span.start_ms, piece.start_ms)) for span in speech)
    letters = len(normal(piece.text).replace(" ", ""))
    if not letters:
        return ()
    no_speech = spoken_ms < LEAST_SPEECH_MS
    signs = {
        "repetitive": compression(piece.text) > settings.max_compression or loops(piece.text),
        "unlikely": piece.logprob is not None and piece.logprob < settings.min_logprob,
        "no_speech": no_speech,
        "too_fast": not no_speech and letters * 1000 > settings.max_letters_per_s * spoken_ms,
    }
    return tuple(sign for sign, holds in signs.items() if holds)


def compression(text: str) -> float:
    """Return how well a text compresses, as Whisper measures it: bytes before over bytes after."""
    data = text.encode()
    return len(data) / len(zlib.compress(data)) if data else 0.0


def loops(text: str) -> bool:
    """Tell a phrase said over and over, in texts too short for compression to tell."""
    words = normal(text).split()
    for length in range(1, min(LONGEST_LOOP, len(words) // ROUNDS) + 1):
        run = 0
        for index in range(length, len(words)):
            run = run + 1 if words[index] == words[index - length] else 0
            said = words[index - run - length + 1 : index + 1]
            if run >= (ROUNDS - 1) * length and sum(map(len, said)) >= LOOP_LETTERS:
                return True
    return False
