"""Clicks stand where they were made, to a millisecond, whatever happened to the file around them."""

import json
from pathlib import Path

import av
import pytest
from click_files import Clicks, click_times, write, zeroed
from dougpt_media import Audio, read_audio
from dougpt_media.audio import NoSoundError
from dougpt_media.probe import probe

ONE_MS = 0.001
OPUS = {"codec": "libopus"}
LATE = {"sound_from_s": 1.478}
PACKET = {"lost_s": (2.2, 2.221)}  # one of AAC, 21 ms
GAP = {"lost_s": (2.2, 4.2)}


def clicked(audio: Audio) -> list[float]:
    return click_times(audio.samples, audio.rate_hz)


@pytest.mark.parametrize(
    ("name", "clicks"),
    [
        ("whole.webm", Clicks(3, **OPUS)),
        ("whole.mp3", Clicks(3, codec="libmp3lame", picture=False)),
        ("late.mp4", Clicks(5, **LATE)),
        ("late.mkv", Clicks(5, **LATE)),
        ("late.ts", Clicks(5, **LATE)),
        ("packet.mp4", Clicks(5, **PACKET)),
        ("packet.mkv", Clicks(5, **PACKET)),
        ("gap.mkv", Clicks(6, **GAP)),
        ("gap.webm", Clicks(6, **GAP, **OPUS)),
        ("uneven.mp4", Clicks(5, variable=True)),
        ("edit.mp4", Clicks(5, hidden_s=1.2)),
        ("leap.mkv", Clicks(5, leap_s=(2.0, 100.0))),
    ],
)
def test_a_click_stands_where_it_was_made(name: str, clicks: Clicks, tmp_path: Path) -> None:
    audio = read_audio(write(tmp_path / name, clicks))

    assert clicked(audio) == pytest.approx(clicks.times_s, abs=ONE_MS)


@pytest.mark.parametrize(
    ("name", "clicks", "lead_ms"),
    [
        ("a.aac", Clicks(3, picture=False), 21.3),
        ("a.ts", Clicks(3), 21.3),
        ("a.avi", Clicks(3, codec="libmp3lame"), 23.0),
        ("a.ac3", Clicks(3, codec="ac3", picture=False), 5.3),
        ("a.m4a", Clicks(3, picture=False), 0.0),
    ],
)
def test_an_encoders_lead_that_nothing_tells_of_stays_and_is_reported(
    name: str, clicks: Clicks, lead_ms: float, tmp_path: Path
) -> None:
    audio = read_audio(write(tmp_path / name, clicks))

    assert audio.timeline.lead_ms == lead_ms
    assert clicked(audio) == pytest.approx([at_s + lead_ms / 1000 for at_s in clicks.times_s], abs=ONE_MS)


def test_damage_is_told_by_place_and_what_follows_stays(tmp_path: Path) -> None:
    clicks = Clicks(10)

    audio = read_audio(zeroed(write(tmp_path / "a.mp4", clicks), 0.4, 0.5))

    assert clicked(audio)[-1] == pytest.approx(9.5, abs=ONE_MS)
    (damaged,) = [gap for gap in audio.gaps if gap.cause == "damaged"]
    (stretch,) = audio.timeline.bad_packets
    assert stretch.count == audio.report.counts["bad_packets"] > 10
    assert damaged.from_ms - 50 <= stretch.from_ms <= stretch.to_ms <= damaged.to_ms + 50


def test_sound_that_changes_its_rate_on_the_way_goes_on_in_time(tmp_path: Path) -> None:
    first = write(tmp_path / "first.ts", Clicks(3, picture=False))
    second = write(tmp_path / "second.ts", Clicks(3, picture=False, rate_hz=44_100), options={"output_ts_offset": "3"})
    path = tmp_path / "both.ts"
    path.write_bytes(first.read_bytes() + second.read_bytes())

    audio = read_audio(path)

    assert [change.rate_hz for change in audio.timeline.changes] == [48_000, 44_100]
    # The second file's time stamps lie before its offset by its encoder's lead, those of the first begin at 0.
    lead_s = audio.timeline.lead_ms / 1000
    assert clicked(audio) == pytest.approx([0.5 + lead_s, 1.5 + lead_s, 2.5 + lead_s, 3.5, 4.5, 5.5], abs=ONE_MS)


def test_a_second_file_copied_behind_a_first_is_heard(tmp_path: Path) -> None:
    one = write(tmp_path / "one.ts", Clicks(4)).read_bytes()
    (tmp_path / "two.ts").write_bytes(one + one)

    audio = read_audio(tmp_path / "two.ts")

    assert len(clicked(audio)) == 8
    assert audio.report.counts["jumps"] == 1
    assert [round(jump.at_ms, -2) for jump in audio.timeline.jumps] == [4_000]


def test_a_packet_that_came_twice_is_heard_once(tmp_path: Path) -> None:
    clicks = Clicks(4, picture=False, codec="flac")
    source, path = write(tmp_path / "one.mka", clicks), tmp_path / "twice.mka"
    with av.open(str(source)) as container, av.open(str(path), "w") as out:
        stream = out.add_stream_from_template(container.streams.audio[0])
        for number, packet in enumerate(packet for packet in container.demux() if packet.size):
            packet.stream = stream
            for _ in range(1 + (number == 20)):
                out.mux(packet)

    audio = read_audio(path)

    assert clicked(audio) == pytest.approx(clicks.times_s, abs=ONE_MS)
    assert audio.end_ms == 4_000


def test_a_track_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "tracks.mkv"
    sources = [
        write(tmp_path / f"{seconds}.mka", Clicks(seconds, picture=False), container="matroska") for seconds in (2, 4)
    ]
    with av.open(str(path), "w") as out:
        inputs = [av.open(str(source)) for source in sources]
        streams = [out.add_stream_from_template(one.streams.audio[0]) for one in inputs]
        for one, stream in zip(inputs, streams, strict=True):
            for packet in one.demux():
                if packet.size:
                    packet.stream = stream
                    out.mux(packet)
            one.close()

    assert [len(clicked(read_audio(path, track=track))) for track in (0, 1)] == [2, 4]
    timeline = read_audio(path, track=1).timeline
    assert (timeline.track, timeline.tracks) == (1, 2)
    with pytest.raises(NoSoundError, match="has 2 tracks of sound, numbered from 0, and none of the number 2"):
        read_audio(path, track=2)


@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_probe_and_reading_agree_on_the_length(name: str, tmp_path: Path) -> None:
    path = write(tmp_path / name, Clicks(5, leap_s=(2.0, 100.0)))

    assert probe(path).duration_ms == pytest.approx(read_audio(path).end_ms, abs=60)


def test_the_timeline_is_plain_data(tmp_path: Path) -> None:
    timeline = read_audio(write(tmp_path / "a.mkv", Clicks(6, **GAP))).timeline

    data = json.loads(json.dumps(timeline.to_dict()))
    assert data["gaps"] == [{"from_ms": 2219, "to_ms": 4203, "cause": "no_signal"}]
    assert (data["codec"], data["decoder"], data["changes"]) == (
        "aac",
        "aac",
        [{"at_ms": 0, "rate_hz": 48000, "channels": "mono"}],
    )


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    told = []

    audio = read_audio(write(tmp_path / "a.wav", Clicks(3, codec="pcm_s16le", picture=False)), progress=told.append)

    assert [one.done_ms for one in told] == sorted(one.done_ms for one in told)
    assert (told[-1].step, told[-1].done_ms, told[-1].total_ms) == ("decode", audio.end_ms, 3_000)
