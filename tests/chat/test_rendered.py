"""A chat drawn into a clip is read back: each message once, in order, with its person, text and time."""

import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from dougpt_chat import ChatRead, RenderedSettings, pseudonym, read_rendered_chat
from dougpt_schema import CHAT_EVENTS, DougptError

av = pytest.importorskip("av", reason="needs dougpt-chat[ocr]")
pytest.importorskip("rapidocr", reason="needs dougpt-chat[ocr]")
Image = pytest.importorskip("PIL.Image", reason="draws with Pillow")
from PIL import ImageDraw, ImageFont  # noqa: E402 - only where Pillow is

RECORDING = "0123456789abcdef"
FRAMES_PER_S = 10
SIZE = (480, 270)
PANEL = (240, 30, 240, 240)
LINE_PX = 26
SAID = [
    (0, "walrus", ["hello there chat"]),
    (700, "PandaBear", ["such a good", "jump over the river"]),
    (1100, "walrus", ["hello there chat"]),
    (1600, "kettle42", ["no way @walrus"]),
]


def draw(at_ms: int) -> "Image.Image":
    """The picture at a time: a panel whose newest line stands at its bottom, and other text to its left."""
    picture = Image.new("RGB", SIZE, "#203040")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.load_default(18)
    pen.text((20, 120), "SCORE 1200", font=font, fill="white")
    left, top, width, height = PANEL
    pen.rectangle((left, top, left + width, top + height), fill="#111111")
    rows: list[tuple[str, str]] = []
    for said_ms, name, lines in SAID:
        if said_ms <= at_ms:
            rows += [(f"{name}: ", lines[0]), *(("", line) for line in lines[1:])]
    for row, (name, text) in enumerate(reversed(rows[-8:])):
        y = top + height - 10 - LINE_PX * (row + 1)
        pen.text((left + 8, y), name, font=font, fill="#ff9040")
        pen.text((left + 8 + pen.textlength(name, font=font), y), text, font=font, fill="white")
    return picture


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, FRAMES_PER_S)
        for number in range(24):
            frame = av.VideoFrame.from_image(draw(number * 1000 // FRAMES_PER_S))
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def panel(clip: Path) -> ChatRead:
    return read_rendered_chat(clip, recording_id=RECORDING, region=PANEL, source_id="s")


def test_each_message_is_read_once_and_in_order(panel: ChatRead) -> None:
    events = CHAT_EVENTS.check(panel.events)

    texts = [text.replace(" ", "").casefold() for text in events["text"].to_pylist()]
    assert texts[:3] == ["hellotherechat", "suchagoodjumpovertheriver", "hellotherechat"]
    assert texts[3].startswith("noway@")
    assert events["author"].to_pylist() == [pseudonym(name) for _, name, _ in SAID]
    assert events["kind"].to_pylist() == ["message"] * 4


def test_names_and_words_that_are_given_tell_letters_apart_that_look_alike(clip: Path) -> None:
    settings = RenderedSettings(lexicon=("heIlo",))

    found = read_rendered_chat(clip, recording_id=RECORDING, region=PANEL, roster=["waIrus"], settings=settings)

    assert found.events["author"][0].as_py() == pseudonym("waIrus")
    assert found.events["text"][0].as_py().startswith("heIlo")
    assert found.report.repaired["names"] == 2


def test_times_are_those_of_the_first_picture_that_shows_all(panel: ChatRead) -> None:
    events = panel.events.to_pylist()

    assert [event["offset_ms"] for event in events] == [said_ms for said_ms, _, _ in SAID]
    assert [event["offset_precision_ms"] for event in events] == [60_000, 100, 100, 100]
    for event in events:
        assert event["offset_source"] == "ocr"
        assert 0.5 <= event["confidence"] <= 1


def test_every_row_is_accounted_for(panel: ChatRead) -> None:
    counts = panel.report.counts

    assert counts.events == 4
    assert counts.messages == counts.events + counts.duplicates + panel.rejects.num_rows
    assert (panel.report.rows, panel.report.decoded, panel.report.size) == (5, 24, SIZE)
    assert panel.report.visible_at_start == 1
    assert set(panel.report.repaired) == {"names", "words", "mentions"}
    assert panel.names.num_rows == 3
    assert [row.text.split(":")[0] for row in panel.rows if row.used] != []
    assert all(PANEL[0] <= row.box[0] and PANEL[1] <= row.box[1] for row in panel.rows)


def test_what_cannot_be_read_is_named_with_the_cause(clip: Path, tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video at all")
    for path, region, cause in (
        (tmp_path / "no.mp4", None, "cannot be opened: No such file"),
        (text, None, "cannot be opened"),
        (clip, (400, 0, 100, 100), "does not lie in the picture of 480 x 270"),
        (clip, (0, 0, 0, 10), "does not lie in the picture"),
    ):
        with pytest.raises(DougptError, match=cause) as caught:
            read_rendered_chat(path, recording_id=RECORDING, region=region)
        assert str(path) in str(caught.value)


def test_sound_alone_shows_no_chat(tmp_path: Path) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))

    with pytest.raises(DougptError, match="it has no moving picture"):
        read_rendered_chat(path, recording_id=RECORDING)


def test_a_video_without_chat_is_an_empty_table_and_said(tmp_path: Path) -> None:
    path = tmp_path / "grey.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 64), "grey"))))
        container.mux(stream.encode(None))

    found = read_rendered_chat(path, recording_id=RECORDING, region=(0, 0, 64, 64))

    assert found.events.num_rows == 0
    assert "no chat message was read in the picture" in found.report.warnings


def test_a_video_in_which_nothing_scrolls_has_no_panel_and_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "grey.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=5)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for _ in range(10):
            container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (320, 240), "grey"))))
        container.mux(stream.encode(None))

    found = read_rendered_chat(path, recording_id=RECORDING)

    assert found.events.num_rows == 0
    assert found.report.panels == ()
    assert "no chat panel was found" in found.report.warnings[0]


def test_an_unknown_engine_is_a_misuse(clip: Path) -> None:
    with pytest.raises(ValueError, match="there are rapidocr"):
        read_rendered_chat(clip, recording_id=RECORDING, engine="nonsense")


def test_an_engine_that_fails_is_said_while_the_video_is_read(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing:
        name, version = "failing", "1"

        def recognise(self, crops: list[object]) -> list[object]:
            raise DougptError(f"no more than {len(crops)}")

    def gone(name: str, **_: object) -> Failing:
        raise DougptError(f"{name} is gone")

    def look(progress: object) -> None:
        looked_at.append(progress)
        time.sleep(0.01)  # lets the loading thread come to its end

    looked_at: list[object] = []
    monkeypatch.setattr("dougpt_chat.rendered.pictures.load_engine", lambda *_, **__: Failing())
    with pytest.raises(DougptError, match="no more than"):
        read_rendered_chat(clip, recording_id=RECORDING, region=PANEL, source_id="s")
    monkeypatch.setattr("dougpt_chat.rendered.pictures.load_engine", gone)
    with pytest.raises(DougptError, match="rapidocr is gone"):
        read_rendered_chat(clip, recording_id=RECORDING, region=PANEL, progress=look)
    assert len(looked_at) < 24


def test_a_video_cut_off_gives_what_stands_before(clip: Path, tmp_path: Path, saved: Callable[[bytes], Path]) -> None:
    path = tmp_path / "clip.ts"
    with av.open(str(clip)) as source, av.open(str(path), "w", format="mpegts") as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole = path.read_bytes()

    found = read_rendered_chat(saved(whole[: len(whole) // 3]), recording_id=RECORDING, region=PANEL)

    assert 1 <= found.events.num_rows < 4
