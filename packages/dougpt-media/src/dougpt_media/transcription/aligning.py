"""Recognised words put where forced alignment hears them; what was made up is left where it is."""

from collections.abc import Sequence
from dataclasses import replace

from dougpt_schema import Timing

from dougpt_media.audio import Audio
from dougpt_media.forced import Aligner
from dougpt_media.refinement import refine
from dougpt_media.settings import RefineSettings
from dougpt_media.transcript import Word, longest_ms, words_table


def aligned(
    words: Sequence[Word], audio: Audio, settings: RefineSettings, aligner: Aligner, *, made_up: str
) -> list[Word]:
    """Return the words in their order, with times from the sound as far as they can be heard.

    Args:
        words: As recognised, in spoken order.
        audio: The sound that holds them.
        settings: How they are aligned.
        aligner: Loaded.
        made_up: The flag of words that nobody said: aligned along, they would take the place of others.
    """
    said = [index for index, word in enumerate(words) if made_up not in word.flags]
    table = words_table((words[index] for index in said), recording_id="", source_id="")
    refined = refine(table, audio, settings, aligner=aligner).words.to_pylist()
    result = list(words)
    for index, row in zip(said, refined, strict=True):
        # The last letter may be held over a pause.
        end_ms = min(row["end_ms"], row["start_ms"] + longest_ms(row["text"]))
        result[index] = replace(
            words[index],
            start_ms=row["start_ms"],
            end_ms=end_ms,
            timing=Timing(row["timing"]),
            probability=row["probability"],
            flags=tuple(row["flags"]),
        )
    return result
