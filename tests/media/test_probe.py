"""A media file is read to its end before it is called whole."""

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from click_files import Clicks, write
from dougpt_media.demux import UnreadableMediaError, mp4_boxes
from dougpt_media.probe import probe

FLV_HEADER, FLV_VIDEO = 13, 9


@pytest.mark.parametrize(("name", "container"), [("a.mp4", "mp4"), ("a.mkv", "matroska"), ("a.ts", "mpegts")])
def test_the_facts_of_a_whole_recording_are_found(name: str, container: str, make_clicks: Callable[..., Path]) -> None:
    facts = probe(make_clicks(name, 4.0))

    assert (facts.role, facts.container, facts.status) == ("video", container, "ok")
    assert facts.duration_ms == pytest.approx(4000, abs=60)
    assert (facts.width, facts.height, facts.frame_rate) == (64, 48, 25.0)


def test_sound_alone_is_audio(make_clicks: Callable[..., Path]) -> None:
    facts = probe(make_clicks("a.wav", 2.0, picture=False, codec="pcm_s16le"))

    assert (facts.role, facts.width, facts.duration_ms) == ("audio", None, 2000)


@pytest.mark.parametrize("name", ["cut.mkv", "cut.wav"])
def test_a_file_that_says_its_length_shows_that_it_was_cut(name: str, make_clicks: Callable[..., Path]) -> None:
    sound_alone = {"picture": False, "codec": "pcm_s16le"} if name.endswith("wav") else {}
    path = make_clicks(name, 8.0, **sound_alone)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    facts = probe(path)

    assert facts.status == "truncated"
    assert "of 8.0 s can be read" in facts.evidence


def test_an_mp4_with_its_index_first_shows_that_it_was_cut(tmp_path: Path, make_clicks: Callable[..., Path]) -> None:
    path = tmp_path / "first.mp4"
    with (
        av.open(str(make_clicks("last.mp4", 8.0))) as container,
        av.open(str(path), "w", options={"movflags": "faststart"}) as out,
    ):
        streams = {stream.index: out.add_stream_from_template(stream) for stream in container.streams}
        for packet in container.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    assert probe(path).status == "ok"
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 2 // 3])

    facts = probe(path)

    assert facts.status == "truncated"
    assert facts.duration_ms < 7000


def test_an_mp4_without_its_index_names_the_cause(make_clicks: Callable[..., Path]) -> None:
    path = make_clicks("cut.mp4", 4.0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(UnreadableMediaError, match=r"cut\.mp4: an MP4 file without its index \(moov\)"):
        probe(path)


def test_a_still_picture_is_no_recording(tmp_path: Path) -> None:
    path = tmp_path / "cover.mp4"
    with av.open(str(path), "w", format="image2pipe") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16, 16, "rgb24"
        frame = av.VideoFrame(16, 16, "rgb24")
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            out.mux(packet)

    with pytest.raises(UnreadableMediaError, match="still picture"):
        probe(path)


def test_the_boxes_of_an_mp4_are_those_that_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes((16).to_bytes(4, "big") + b"ftyp" + bytes(8) + (99).to_bytes(4, "big") + b"mdat" + bytes(8))

    assert mp4_boxes(path) == ["ftyp"]


def test_every_stream_is_described_with_its_own_start_and_time_base(make_clicks: Callable[..., Path]) -> None:
    facts = probe(make_clicks("late.mkv", 4.0, sound_from_s=1.5))

    picture, sound = facts.streams
    assert (picture["kind"], picture["codec"], picture["start_ms"], picture["time_base"]) == (
        "video",
        "mpeg4",
        0,
        "1/1000",
    )
    assert (sound["index"], sound["kind"], sound["codec"]) == (1, "audio", "aac")
    assert sound["start_ms"] == pytest.approx(1500, abs=45)
    assert sound["duration_ms"] == pytest.approx(4000, abs=60)


def test_streams_that_nothing_reads_are_described_too(tmp_path: Path) -> None:
    path = tmp_path / "two.mp4"
    with av.open(str(path), "w") as out:
        streams = [out.add_stream("aac", rate=48_000, layout="mono") for _ in range(2)]
        for stream, language in zip(streams, ("eng", "deu"), strict=True):
            stream.metadata["language"] = language
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, Fraction(1, 48_000)
            out.mux([*stream.encode(frame), *stream.encode(None)])

    described = probe(path).streams

    assert [(one["index"], one["kind"], one["language"]) for one in described] == [
        (0, "audio", "eng"),
        (1, "audio", "deu"),
    ]
    assert {one["time_base"] for one in described} == {"1/48000"}
    assert described[0]["disposition"] == ["default"]


def test_damage_is_counted_with_where_it_is(tmp_path: Path, make_clicks: Callable[..., Path]) -> None:
    path = make_clicks("hit.ts", 8.0)
    content = bytearray(path.read_bytes())
    middle = len(content) // 188 // 2 * 188
    content[middle : middle + 40 * 188] = bytes(40 * 188)
    path.write_bytes(content)

    facts = probe(path)

    assert facts.status == "damaged"
    found = re.fullmatch(r"\d+ packets? (?:is|are) damaged, (?:at|between) ([\d.]+) (?:and [\d.]+ )?s", facts.evidence)
    assert found is not None, facts.evidence
    assert 3 < float(found[1]) < 5


def test_a_stream_that_begins_late_ends_nothing_early(tmp_path: Path) -> None:
    path = write(tmp_path / "late.flv", Clicks(12.0, picture=False, rate_hz=44_100))
    content = bytearray(path.read_bytes())
    tags, at = [], FLV_HEADER
    while at < len(content):
        tags.append(at)
        at += 11 + int.from_bytes(content[at + 1 : at + 4]) + 4
    content[tags[-9]] = FLV_VIDEO
    path.write_bytes(content)

    facts = probe(path)

    assert facts.status == "ok"
    assert facts.duration_ms == pytest.approx(12_000, abs=60)


def test_how_far_it_is_grows_to_its_end(make_clicks: Callable[..., Path]) -> None:
    shares: list[float] = []

    probe(make_clicks("long.mkv", 25.0, picture=False), shares.append)

    assert len(shares) > 1
    assert shares == sorted(shares)
    assert 0 <= shares[0] < shares[-1] <= 1
