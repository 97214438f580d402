"""Captions of every format become words; what is written is kept, and times that run backwards are refused."""

import contextlib
import html
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from dougpt_media import read_captions
from dougpt_media.captions import BackwardsError, CaptionError
from dougpt_schema import REJECTS, WORDS, file_sha256
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Cue = tuple[int, int, list[str]]

TOKENS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABC0123456789'.,!?$%", min_size=1, max_size=8).filter(
    lambda token: not token.isdigit()
)


@st.composite
def cue_lists(draw: st.DrawFn) -> list[Cue]:
    """Cues in order, each with at least one word; lines differ, so that nothing looks like rolling captions."""
    cues, at_ms = [], 0
    for number in range(draw(st.integers(1, 6))):
        at_ms += draw(st.integers(0, 5000))
        length_ms = draw(st.integers(1, 4000))
        cues.append((at_ms, at_ms + length_ms, [f"n{number}", *draw(st.lists(TOKENS, max_size=5))]))
        at_ms += length_ms
    return cues


def clock(ms: int, point: str) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def srt(cues: list[Cue]) -> str:
    return "\n".join(
        f"{number}\n{clock(start, ',')} --> {clock(end, ',')}\n{' '.join(words)}\n"
        for number, (start, end, words) in enumerate(cues, 1)
    )


def vtt(cues: list[Cue]) -> str:
    blocks = (
        f"{clock(start, '.')} --> {clock(end, '.')} align:start\n{' '.join(words)}\n" for start, end, words in cues
    )
    return "WEBVTT\nKind: captions\n\nNOTE a remark\n\nSTYLE\n::cue {}\n\n" + "\n".join(blocks)


def json3(cues: list[Cue]) -> str:
    events = [{"tStartMs": a, "dDurationMs": b - a, "segs": [{"utf8": " ".join(words)}]} for a, b, words in cues]
    return json.dumps({"wireMagic": "pb3", "events": events})


def whisperx(cues: list[Cue]) -> str:
    return json.dumps({"segments": [{"start": a / 1000, "end": b / 1000, "text": " ".join(w)} for a, b, w in cues]})


def bare_segments(cues: list[Cue]) -> str:
    return json.dumps([{"id": 0, "start": a / 1000, "end": b / 1000, "text": " ".join(w)} for a, b, w in cues])


def whisper_cpp(cues: list[Cue]) -> str:
    passages = [{"offsets": {"from": a, "to": b}, "text": " " + " ".join(words)} for a, b, words in cues]
    return json.dumps({"systeminfo": "AVX", "model": {}, "params": {}, "transcription": passages})


def srv3(cues: list[Cue]) -> str:
    lines = "".join(f'<p t="{a}" d="{b - a}">{html.escape(" ".join(words))}</p>' for a, b, words in cues)
    return f'<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">\n<head/><body>{lines}</body></timedtext>'


def srv1(cues: list[Cue]) -> str:
    lines = "".join(
        f'<text start="{a / 1000}" dur="{(b - a) / 1000}">{html.escape(html.escape(" ".join(words)))}</text>'
        for a, b, words in cues
    )
    return f'<?xml version="1.0" encoding="utf-8" ?><transcript>{lines}</transcript>'


WRITERS = [srt, vtt, json3, whisperx, bare_segments, whisper_cpp, srv3, srv1]


def words_in(path: Path, text: str | bytes) -> list[dict[str, object]]:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    transcript = read_captions(path, recording_id="r")
    WORDS.check(transcript.words)
    REJECTS.check(transcript.rejects)
    rows: list[dict[str, object]] = transcript.words.to_pylist()
    return rows


@pytest.mark.parametrize("write", WRITERS)
@given(cues=cue_lists())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_word_is_lost_added_changed_or_moved(
    tmp_path: Path, write: Callable[[list[Cue]], str], cues: list[Cue]
) -> None:
    rows = words_in(tmp_path / "c", write(cues))

    assert [row["text"] for row in rows] == [word for _, _, words in cues for word in words]
    assert [row["segment_id"] for row in rows] == [index for index, (_, _, words) in enumerate(cues) for _ in words]
    for row in rows:
        start_ms, end_ms, _ = cues[row["segment_id"]]
        assert start_ms <= row["start_ms"] <= row["end_ms"] <= end_ms


@pytest.mark.parametrize("write", WRITERS)
@given(cues=cue_lists(), shift_ms=st.integers(0, 10_000_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_shifting_the_captions_shifts_the_words(
    tmp_path: Path, write: Callable[[list[Cue]], str], cues: list[Cue], shift_ms: int
) -> None:
    rows = words_in(tmp_path / "c", write(cues))
    moved = words_in(tmp_path / "d", write([(a + shift_ms, b + shift_ms, words) for a, b, words in cues]))

    for name in ("start_ms", "end_ms"):
        assert [row[name] + shift_ms for row in rows] == [row[name] for row in moved]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize(
    "cues",
    [
        [(1000, 2000, ["a"]), (3000, 4000, ["b"]), (500, 900, ["c"])],
        [(1000, 2000, ["a"]), (3000, 2500, ["b"])],
    ],
)
def test_times_that_run_backwards_are_refused_by_file_and_cue(
    tmp_path: Path, write: Callable[[list[Cue]], str], cues: list[Cue]
) -> None:
    path = tmp_path / "talk.captions"
    path.write_text(write(cues))

    with pytest.raises(BackwardsError, match=rf"^talk\.captions: .*cue {len(cues)} ") as caught:
        read_captions(path, recording_id="r")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "empty"),
        ("Dear diary", "known format"),
        ("WEBVTT\n\n", "no words"),
        (json3([(0, 9, ["a"])])[:-9], "cut off or broken"),
        ('{"wireMagic": "pb3", "events": {"a": 1}}', "not in the shape of json3"),
        ('{"segments": [1, 2]}', "not in the shape of whisperx"),
        (srv3([(0, 9, ["a"])])[:-9], "the XML is cut off or broken"),
        ('<?xml version="1.0"?><timedtext><!DOCTYPE a [<!ENTITY b "c">]></timedtext>', "document type"),
    ],
)
def test_what_are_no_captions_is_an_error_in_one_line(tmp_path: Path, text: str, cause: str) -> None:
    path = tmp_path / "talk.srt"
    path.write_text(text)

    with pytest.raises(CaptionError, match=rf"talk\.srt: .*{cause}") as caught:
        read_captions(path, recording_id="r")
    assert "\n" not in str(caught.value)


@given(
    junk=st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["segs", "tStartMs", "utf8", "start", "end", "words", "text"]), inner, max_size=4
            )
        ),
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_json_of_any_shape_is_read_or_refused(tmp_path: Path, junk: object) -> None:
    for document in ({"wireMagic": "pb3", "events": junk}, {"segments": junk}):
        (tmp_path / "c").write_text(json.dumps(document))
        with contextlib.suppress(CaptionError):
            read_captions(tmp_path / "c", recording_id="r")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaptionError, match=r"gone\.vtt: no such file"):
        read_captions(tmp_path / "gone.vtt", recording_id="r")


def test_the_source_id_is_of_the_bytes_unless_given(tmp_path: Path) -> None:
    path = tmp_path / "c.srt"
    path.write_text(srt([(0, 100, ["hi"])]))

    assert read_captions(path, recording_id="r").words["source_id"][0].as_py() == file_sha256(path)[:16]
    assert read_captions(path, recording_id="r", source_id="x").words["source_id"][0].as_py() == "x"


def test_automatic_json3_has_decoded_starts_and_ends_before_the_next_word(tmp_path: Path) -> None:
    events = [
        {"tStartMs": 0, "dDurationMs": 90_000, "id": 1, "wpWinPosId": 1},
        {"tStartMs": 1000, "dDurationMs": 5000, "segs": [{"utf8": "hello"}, {"utf8": " chat", "tOffsetMs": 400}]},
        {"tStartMs": 2990, "dDurationMs": 2000, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 3000, "dDurationMs": 4000, "segs": [{"utf8": "[Music]"}]},
        {"tStartMs": 3500, "dDurationMs": 400, "segs": [{"utf8": "[ __ ]"}, {"utf8": " off", "tOffsetMs": 300}]},
    ]
    (tmp_path / "c").write_text(json.dumps({"wireMagic": "pb3", "events": events}))

    transcript = read_captions(tmp_path / "c", recording_id="r")

    rows = transcript.words.to_pylist()
    assert [(row["text"], row["start_ms"], row["timing"]) for row in rows] == [
        ("hello", 1000, "decoded"),
        ("chat", 1400, "decoded"),
        ("[__]", 3500, "decoded"),
        ("off", 3800, "decoded"),
    ]
    assert [row["end_ms"] for row in rows] == [1400, 1400 + 300 + 4 * 120, 3800, 3900]
    assert [(row["reason"], row["detail"]) for row in transcript.rejects.to_pylist()] == [("not_speech", "[Music]")]


@pytest.mark.parametrize("claimed", ["utfm8", "m", "latin-1", "utf-16", "cp1252"])
def test_srv3_is_read_whatever_encoding_it_claims(claimed: str, tmp_path: Path) -> None:
    text = srv3([(0, 900, ["Zoë", "naïve"])])

    rows = words_in(tmp_path / "a.srv3", text.replace('encoding="utf-8"', f'encoding="{claimed}"'))

    assert [row["text"] for row in rows] == ["Zoë", "naïve"]


def test_automatic_srv3_has_decoded_starts(tmp_path: Path) -> None:
    text = """<?xml version="1.0" encoding="utf-8" ?><timedtext format="3">
<head><ws id="0"/><wp id="0"/></head>
<body>
<w t="0" id="1" wp="1" ws="1"/>
<p t="80" d="4640" w="1"><s ac="0">so</s><s t="240" ac="0"> hello</s><s t="960" ac="0"> [Music]</s></p>
<p t="2390" d="2330" w="1" a="1">
</p>
<p t="2400" d="4000" w="1"><s ac="0">Tom</s><s t="400" ac="0"> &amp; Jerry</s></p>
</body></timedtext>"""

    rows = words_in(tmp_path / "a.srv3", text)

    assert [(row["text"], row["start_ms"], row["timing"]) for row in rows] == [
        ("so", 80, "decoded"),
        ("hello", 320, "decoded"),
        ("Tom", 2400, "decoded"),
        ("&", 2800, "decoded"),
        ("Jerry", rows[4]["start_ms"], "interpolated"),
    ]
    assert rows[1]["end_ms"] <= rows[2]["start_ms"]


def test_pieces_of_words_in_whisper_cpp_are_joined_with_their_times(tmp_path: Path) -> None:
    tokens = [
        {"text": "[_BEG_]", "offsets": {"from": 0, "to": 0}, "p": 0.9},
        {"text": " Hel", "offsets": {"from": 100, "to": 300}, "p": 0.5},
        {"text": "lo", "offsets": {"from": 300, "to": 400}, "p": 0.7},
        {"text": ",", "offsets": {"from": 400, "to": 420}, "p": 0.9},
        {"text": " you", "offsets": {"from": 900, "to": 1100}, "p": 1.0},
    ]
    passage = {"offsets": {"from": 0, "to": 2000}, "text": " Hello, you", "tokens": tokens}

    rows = words_in(tmp_path / "a.json", json.dumps({"systeminfo": "", "transcription": [passage]}))

    assert [(row["text"], row["start_ms"], row["end_ms"]) for row in rows] == [("Hello,", 100, 420), ("you", 900, 1100)]
    assert rows[0]["probability"] == pytest.approx(0.7)


def test_rolling_vtt_gives_each_word_once_at_its_own_time(tmp_path: Path) -> None:
    text = (
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        "00:00:01.000 --> 00:00:02.500 align:start position:0%\n \n"
        "so<00:00:01.300><c> hello</c><00:00:01.900><c> chat</c>\n\n"
        "00:00:02.500 --> 00:00:02.510 align:start position:0%\nso hello chat\n \n\n"
        "00:00:02.510 --> 00:00:04.000 align:start position:0%\nso hello chat\n"
        "so<00:00:02.800><c> what&#39;s</c><00:00:03.100><c> up</c>\n\n"
        "00:00:04.000 --> 00:00:04.010 align:start position:0%\nso what&#39;s up\n \n\n"
        "00:00:04.010 --> 00:00:05.000 align:start position:0%\nso what&#39;s up\nyeah\n"
    )

    rows = words_in(tmp_path / "c.vtt", text)

    assert [(row["text"], row["start_ms"]) for row in rows] == [
        ("so", 1000),
        ("hello", 1300),
        ("chat", 1900),
        ("so", 2510),
        ("what's", 2800),
        ("up", 3100),
        ("yeah", 4010),
    ]
    assert {row["timing"] for row in rows} == {"decoded"}


def test_a_line_said_twice_in_captions_that_do_not_roll_is_kept_twice(tmp_path: Path) -> None:
    rows = words_in(
        tmp_path / "c.srt",
        srt(
            [
                (0, 900, ["no"]),
                (1000, 1900, ["no"]),
                (2000, 2900, ["well"]),
                (3000, 3900, ["yes"]),
                (4000, 4900, ["so"]),
            ]
        ),
    )

    assert [row["text"] for row in rows] == ["no", "no", "well", "yes", "so"]


def test_markup_is_read_and_voices_are_speakers(tmp_path: Path) -> None:
    text = (
        "WEBVTT\n\n1\n00:01.000 --> 00:02.000\n<v.loud Doug>I <i>said</i> you &amp; me\n\n"
        "00:03.000 --> 00:04.000\n(applause)\n\n00:05.000 --> 00:06.000\n>> who is <3 there\n"
    )

    rows = words_in(tmp_path / "c.vtt", text)

    assert [row["text"] for row in rows] == ["I", "said", "you", "&", "me", "who", "is", "<3", "there"]
    assert [row["speaker"] for row in rows[:6]] == ["Doug"] * 5 + [None]


def test_a_record_without_a_time_is_rejected_by_its_place(tmp_path: Path) -> None:
    text = srt([(0, 900, ["a"])]) + "\n2\n00:00:xx --> 00:00:02,000\nlost\n\n3\n00:00:03,000 --> 00:00:04,000\nb\n"
    (tmp_path / "c.srt").write_text(text)

    transcript = read_captions(tmp_path / "c.srt", recording_id="r")

    assert transcript.words["text"].to_pylist() == ["a", "b"]
    assert [(row["source_row"], row["reason"]) for row in transcript.rejects.to_pylist()] == [(1, "no_time")]
    assert transcript.report.warnings


def test_whisperx_words_keep_times_scores_and_speakers_and_those_without_times_stand_between(tmp_path: Path) -> None:
    words = [
        {"word": "it", "start": 1.0, "end": 1.2, "score": 0.9, "speaker": "A"},
        {"word": "costs", "start": 1.25, "end": 1.5, "score": 0.8},
        {"word": "$25", "speaker": "A"},
        {"word": "now", "start": 2.0, "end": 2.2, "score": 0.7},
    ]
    document = {"segments": [{"start": 0.9, "end": 2.5, "text": "it costs $25 now", "words": words, "speaker": "B"}]}

    rows = words_in(tmp_path / "c.json", json.dumps(document))

    assert [row["text"] for row in rows] == ["it", "costs", "$25", "now"]
    assert [row["timing"] for row in rows] == ["decoded", "decoded", "interpolated", "decoded"]
    assert [row["speaker"] for row in rows] == ["A", "B", "A", "B"]
    assert rows[0]["probability"] == pytest.approx(0.9)
    assert 1250 < rows[2]["start_ms"] <= rows[2]["end_ms"] <= 2000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_captions_of_other_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    rows = words_in(tmp_path / "c.srt", srt([(0, 900, ["café"]), (1000, 2000, ["naïve"])]).encode(encoding))

    assert [row["text"] for row in rows] == ["café", "naïve"]


def test_reading_twice_gives_the_same(tmp_path: Path) -> None:
    (tmp_path / "c.srt").write_text(srt([(0, 900, ["a", "b"]), (1000, 2000, ["c"])]))

    one, two = (read_captions(tmp_path / "c.srt", recording_id="r") for _ in range(2))

    assert one.words.equals(two.words)
    assert one.report.to_dict() == two.report.to_dict()
