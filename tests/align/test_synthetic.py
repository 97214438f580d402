"""Made recordings keep the contracts, know their truth, and stay hard."""

import ast
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dougpt_align import segment, synthetic
from dougpt_align.baselines import as_links, gold_tuned_lag, read
from dougpt_align.scores import precision_recall_f1, set_against, true_parents
from dougpt_align.synthetic import CAUSES, Slice, Synthetic, make_hostile, make_stream
from dougpt_schema import CHAT_EVENTS, CLOCK, WORDS

SHORT = Slice(minutes=12, per_minute=60)
FAMILIES = [make_stream, make_hostile]


@pytest.mark.parametrize("make", FAMILIES)
def test_made_tables_keep_their_contracts(make: Callable[..., Synthetic]) -> None:
    made = make(3, SHORT)

    WORDS.check(made.words)
    CHAT_EVENTS.check(made.chat_events)
    CLOCK.check(made.clock)
    assert made.truth["event_id"].to_pylist() == made.chat_events["event_id"].to_pylist()
    assert set(made.truth["cause"].to_pylist()) <= set(CAUSES)


@pytest.mark.parametrize("make", FAMILIES)
def test_one_seed_gives_one_recording_and_another_gives_another(make: Callable[..., Synthetic]) -> None:
    assert make(4, SHORT).chat_events.equals(make(4, SHORT).chat_events)
    assert not make(4, SHORT).chat_events.equals(make(5, SHORT).chat_events)


@pytest.mark.parametrize("make", FAMILIES)
@pytest.mark.parametrize("share", [0.15, 0.45, 0.6])
def test_replies_and_only_they_have_a_parent_and_are_as_many_as_asked(
    make: Callable[..., Synthetic], share: float
) -> None:
    made = make(6, Slice(minutes=20, per_minute=60, share=share))

    rows = made.truth.to_pylist()
    assert all((row["parent_word_id"] is not None) == (row["cause"] == "reply") for row in rows)
    found = Counter(row["cause"] for row in rows)["reply"] / len(rows)
    assert found == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("make", FAMILIES)
def test_the_true_clock_takes_chat_time_back_to_recording_time(make: Callable[..., Synthetic]) -> None:
    made = make(7, Slice(minutes=12, per_minute=60, offset_s=30.0, jumps=((300.0, 40.0), (500.0, -25.0))))

    at_ms = made.chat_events["offset_ms"].to_numpy()
    clock = made.clock.to_pylist()
    for chat_ms, true_ms in zip(at_ms.tolist(), made.truth["at_ms"].to_pylist(), strict=True):
        row = next(row for row in clock if row["from_ms"] <= chat_ms < row["to_ms"])
        assert chat_ms - row["offset_ms"] == true_ms


def test_the_fixed_lag_tuned_on_the_answers_stays_weak_on_stream() -> None:
    found = []
    for seed in (100, 101):
        made = make_stream(seed, Slice(minutes=40))
        utterances = segment(made.words)
        parents = true_parents(made, utterances)
        scene = read(utterances, made.chat_events)
        links = as_links(scene, gold_tuned_lag(scene, parents)[0])
        found.append(precision_recall_f1(set_against(links, made.chat_events["event_id"].to_pylist(), parents))[2])

    assert np.mean(found) <= 0.42


def test_the_families_share_no_code_with_each_other_nor_with_the_aligner() -> None:
    folder = Path(synthetic.__file__).parent
    own = {
        "stream.py": {"dougpt_align.synthetic", "dougpt_align.synthetic.truth"},
        "stream_text.py": set(),
        "hostile.py": {"dougpt_align.synthetic.hostile_text", "dougpt_align.synthetic.truth"},
        "hostile_text.py": set(),
        "truth.py": set(),
    }
    for name, allowed in own.items():
        tree = ast.parse((folder / name).read_text(encoding="utf-8"))
        imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
        assert {module for module in imported if module.startswith("dougpt_align")} <= allowed, name


def test_shapes_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="no recording is like"):
        Slice(share=1.5)
