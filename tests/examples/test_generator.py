"""What is committed is what the generator makes, and making it depends on nothing but its own words and seeds."""

import ast
import gzip
import itertools
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from generator import desk
from generator.captions import transcribed, vtt
from generator.channel import RECORDINGS, Recording, broadcast, text_files, true_links
from generator.dice import dice
from generator.emotes import fragments
from generator.files import gzipped, write
from generator.lexicon import Slots, acts, pool, records, word_lists
from generator.script import show_lists
from hypothesis import given
from hypothesis import strategies as st


def content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.name)
def test_text_recordings_are_made_again_byte_by_byte(
    recording: Recording, examples: Path, links: list[dict[str, str]]
) -> None:
    stream = broadcast(recording)

    for name, made in text_files(recording, stream).items():
        assert content(examples / "recordings" / recording.name / name) == made, name

    video_id = recording.vod().video_id
    made_links = [
        tuple("" if value is None else str(value) for value in row) for row in true_links(video_id, stream.messages)
    ]
    assert made_links == [tuple(row.values()) for row in links if row["video_id"] == video_id]


def test_the_files_beside_the_video_follow_from_the_stored_times_of_its_words(examples: Path) -> None:
    lines = desk.lines_said(examples / "truth/words.csv")

    for name, made in desk.files(lines).items():
        assert content(examples / "recordings" / desk.NAME / name) == made, name
    assert (examples / "truth/words.csv").read_bytes() == desk.words_csv(lines, desk.length_s(lines))


def test_another_process_with_another_hash_seed_makes_the_same(examples: Path) -> None:
    ask = (
        "import hashlib; from generator.channel import RECORDINGS, broadcast, text_files; "
        "files = text_files(RECORDINGS[6], broadcast(RECORDINGS[6])); "
        "print(hashlib.sha256(repr(files).encode()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", ask],
            cwd=examples,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(printed) == 1


def test_the_generator_knows_nothing_of_dougpt(examples: Path) -> None:
    for path in (examples / "generator").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(module.startswith("dougpt") for module in modules), path.name


def test_only_sound_and_pictures_need_more_than_the_standard_library(examples: Path) -> None:
    known = sys.stdlib_module_names | {"generator"}
    for path in (examples / "generator").glob("*.py"):
        if path.stem in ("speech", "sound", "picture", "film"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {module.partition(".")[0] for module in modules} <= known, path.name


@pytest.mark.parametrize("name", sorted(acts()))
def test_every_act_fills_all_its_slots(name: str) -> None:
    rng = dice("test", name)
    act = acts()[name]
    for game in (entry["name"] for entry in records("vocabulary")["games"]):
        slots = Slots(rng, show_lists(game))
        slots.bound |= {"fact": "this", "truth": "that", "when": "then", "won": "it"}
        templates = [
            *act["says"],
            *act.get("answers", ()),
            *act.get("verdict", ()),
            *(text for side in act.get("sides", ()) for text in side),
        ]
        for template in templates:
            filled = slots.fill(pool((template,))[0][0])
            assert not re.search(r"[{}]|<[a-z]", filled), filled


@given(st.lists(st.sampled_from(["LUL", "<3", "barnabHype", "KEKW", "hello", "", "🥕", "LULW"]), max_size=8))
def test_fragments_joined_are_the_message(words: list[str]) -> None:
    text = " ".join(words)

    pieces = fragments(text)

    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, emote in pieces if emote] == [
        word for word in words if word in ("LUL", "<3", "barnabHype")
    ]


@given(st.binary(max_size=2000))
def test_packed_files_hold_no_time_and_unpack_to_what_went_in(data: bytes) -> None:
    assert gzip.decompress(gzipped(data)) == data
    assert gzipped(data)[4:8] == b"\0\0\0\0"


def test_a_file_that_is_right_already_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(b"{}", 1))
    packed_otherwise = path.read_bytes()

    assert not write(path, b"{}")
    assert path.read_bytes() == packed_otherwise
    assert write(path, b"[]")


def test_transcribed_cues_never_overlap() -> None:
    cues = transcribed(broadcast(RECORDINGS[0]).lines, dice("test"))

    assert all(before.end_ms <= after.start_ms for before, after in itertools.pairwise(cues))
    assert vtt(cues).count(b" --> ") == len(cues)


def test_words_that_are_drawn_for_one_sentence_differ() -> None:
    slots = Slots(dice("test"), word_lists())

    for _ in range(20):
        slots.bound.clear()
        assert len(set(slots.fill("{food}/{food.2}/{food}/{food.2}").split("/"))) == 2
