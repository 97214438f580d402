"""Speakers told apart by dougpt-media break the utterances and turns of dougpt-align."""

import pyarrow as pa
from dougpt_align import segment
from dougpt_media.diarisation import Diarised, Turn, with_speakers
from dougpt_schema import UTTERANCES, WORDS


def words(n: int, every_ms: int) -> pa.Table:
    return WORDS.table(
        {
            "recording_id": "r",
            "word_id": index,
            "start_ms": index * every_ms,
            "end_ms": index * every_ms + every_ms // 2,
            "text": f"word{index}",
            "normal": f"word{index}",
            "timing": "forced",
            "segment_id": 0,
            "flags": [],
            "source_id": "s",
        }
        for index in range(n)
    )


def test_an_utterance_and_a_turn_end_where_another_speaker_begins() -> None:
    told_apart = with_speakers(
        words(12, 200), Diarised((Turn(0, 1000, "A"), Turn(1000, 1600, "B"), Turn(1600, 2400, "A")))
    ).words

    found = UTTERANCES.check(segment(told_apart))

    assert found["speaker"].to_pylist() == ["streamer", "speaker_1", "streamer"]
    assert found["text"].to_pylist() == [
        "word0 word1 word2 word3 word4",
        "word5 word6 word7",
        "word8 word9 word10 word11",
    ]
    assert found["turn_id"].to_pylist() == [0, 1, 2]
    assert segment(words(12, 200)).num_rows == 1


def test_a_word_that_nobody_near_said_breaks_no_sentence() -> None:
    turns = (Turn(0, 700, "A"), Turn(5000, 6000, "A"))
    told_apart = with_speakers(words(8, 200), Diarised(turns)).words

    found = segment(told_apart)

    assert told_apart["speaker"].null_count
    assert found["speaker"].to_pylist() == ["streamer"]
    assert found.num_rows == 1
