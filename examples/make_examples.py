#!/usr/bin/env python3
# /// script
# requires-python = ">=3.12"
# dependencies = ["av==18.1.0", "espeakng-loader==0.2.4", "numpy>=2", "pillow>=11"]
# ///
"""Make the example recordings and their truth: `uv run examples/make_examples.py`.

Everything is decided by fixed seeds, so that a second run changes nothing: the text files have the same bytes on every
machine, and the video the same on every build of its encoders. Files whose content is right already are not touched.
"""

import argparse
from itertools import chain
from pathlib import Path

from generator import desk
from generator.channel import RECORDINGS, Stream, broadcast, text_files, true_links, write_links
from generator.figures import figures
from generator.files import write
from generator.voice import Line

EXAMPLES = Path(__file__).parent
VIDEO = f"recordings/{desk.NAME}/video.mp4"
TRUE_WORDS = "truth/words.csv"


def main() -> None:
    """Write everything below `examples/` and print what the streams are like."""
    arguments = argparse.ArgumentParser(description="Make the example recordings and their truth.")
    arguments.add_argument("--into", type=Path, default=EXAMPLES, help="where to write instead of beside this script")
    arguments.add_argument(
        "--no-video", action="store_true", help="leave the video and the times of its words as they are"
    )
    chosen = arguments.parse_args()
    folder: Path = chosen.into
    if not chosen.no_video:
        _make_video(folder)
    streams = _make_texts(folder, desk.lines_said(folder / TRUE_WORDS))
    for name, stream, minutes in streams:
        print("  ".join(f"{key}: {value}" for key, value in figures(name, stream, minutes).items()))
    sizes = [
        path.stat().st_size
        for path in (*(folder / "recordings").rglob("*"), *(folder / "truth").rglob("*"))
        if path.is_file()
    ]
    print(f"{len(sizes)} files, {sum(sizes):,} bytes, the largest {max(sizes):,}")


def _make_video(folder: Path) -> None:
    # The text files need none of these, nor what they import.
    from generator import film, sound, speech  # noqa: PLC0415

    spoken, rate_hz, lines = speech.perform(desk.cues())
    length_s = desk.length_s(lines)
    write(folder / TRUE_WORDS, desk.words_csv(lines, length_s))
    mixed = sound.mixed(spoken, rate_hz, lines, length_s * rate_hz)
    path = folder / VIDEO
    path.parent.mkdir(parents=True, exist_ok=True)
    messages = [message for _, message in desk.chat(lines, length_s)]
    film.write_film(path, sound=mixed, rate_hz=rate_hz, lines=lines, messages=messages, length_s=length_s)


def _make_texts(folder: Path, said: list[Line]) -> list[tuple[str, Stream, float]]:
    streams = []
    links = []
    for name, content in desk.files(said).items():
        write(folder / "recordings" / desk.NAME / name, content)
    length_s = desk.length_s(said)
    stream = Stream(tuple(said), desk.chat(said, length_s))
    streams.append((desk.NAME, stream, length_s / 60))
    links.append(true_links(desk.vod(length_s).video_id, stream.messages))
    for recording in RECORDINGS:
        stream = broadcast(recording)
        for name, content in text_files(recording, stream).items():
            write(folder / "recordings" / recording.name / name, content)
        streams.append((recording.name, stream, recording.vod().length_s / 60))
        links.append(true_links(recording.vod().video_id, stream.messages))
    write_links(folder / "truth/links.csv.gz", list(chain.from_iterable(links)))
    return streams


if __name__ == "__main__":
    main()
