"""Every row is trained on once, an epoch after the other, like lengths side by side, as the seed decides."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from dougpt_train import TrainResult, TrainSettings, train
from dougpt_train.order import training_order
from dougpt_train.packing import packed, packs_a_step
from dougpt_train.render import Encoded, Row
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

LENGTHS = st.lists(st.integers(2, 40), min_size=1, max_size=120)


def rows_of(lengths: list[int], epochs: int = 1) -> list[Encoded]:
    """Rows whose first token names them."""
    return [
        Encoded(Row(str(place), "r", "single", "u", "r", epoch), [place], [place, *[1] * (length - 1)])
        for epoch in range(epochs)
        for place, length in enumerate(lengths, start=2 + epoch * len(lengths))
    ]


@given(lengths=LENGTHS, epochs=st.integers(1, 3), grouped=st.booleans(), seed=st.integers(0, 9))
@hypothesis_settings(deadline=None)
def test_every_row_once_and_epochs_one_after_another_but_for_like_lengths(
    lengths: list[int], epochs: int, grouped: bool, seed: int
) -> None:
    rows = rows_of(lengths, epochs)
    settings = TrainSettings(group_by_length=grouped, batch_rows=4, seed=seed)

    order = training_order(rows, settings)

    assert sorted(row.ids[0] for row in order) == [row.ids[0] for row in rows]
    assert order == training_order(rows, settings)
    if not grouped:
        assert [row.row.epoch for row in order] == sorted(row.row.epoch for row in order)


def test_batches_hold_rows_of_like_length() -> None:
    rows = rows_of([2 + place * 7 % 50 for place in range(256)])
    settings = TrainSettings(batch_rows=8)

    def padding(order: list[Encoded]) -> int:
        batches = [[len(row.ids) for row in order[at : at + 8]] for at in range(0, len(order), 8)]
        return sum(8 * max(batch) - sum(batch) for batch in batches)

    grouped = training_order(rows, settings)
    plain = training_order(rows, replace(settings, group_by_length=False))
    assert padding(grouped) < padding(plain) / 5
    assert grouped != training_order(rows, replace(settings, seed=5))


@given(lengths=LENGTHS)
@hypothesis_settings(deadline=None, max_examples=20)
def test_packs_hold_every_row_whole(lengths: list[int]) -> None:
    rows = rows_of(lengths)
    packs = packed(rows, TrainSettings(batch_rows=4, pack_tokens=50))

    found = []
    for pack in packs:
        start = 0
        for length in pack["seq_lengths"]:
            found.append(pack["input_ids"][start : start + length])
            assert pack["labels"][start : start + length] == [-100, *found[-1][1:]]
            start += length
        assert start == len(pack["input_ids"]) <= 50
    assert sorted(found) == sorted(row.ids for row in rows)


def test_a_batch_of_packs_holds_about_as_many_rows_as_without() -> None:
    rows = rows_of([10] * 64)

    packs = packed(rows, TrainSettings(batch_rows=16, pack_tokens=40))

    assert len(packs) == 16
    assert packs_a_step(packs, len(rows), TrainSettings(batch_rows=16)) == 4


def test_a_packed_run_reads_all_its_rows(
    samples: pa.Table, settings: TrainSettings, result: TrainResult, tmp_path: Path
) -> None:
    packing = replace(settings, base=str(result.run_folder / "base"), packing=True, max_steps=0, batch_rows=16)

    run = train(samples, packing, tmp_path / "run")

    rows: Any = run.preflight.of("P2").facts["rows"]
    assert run.metrics["steps"] == pytest.approx(sum(rows.values()) / 16, abs=1.5)
    assert run.preflight.of("P11").status == "passed"


def test_packing_draws_no_bar(capfd: pytest.CaptureFixture[str]) -> None:
    packed(rows_of([3, 4, 5]), TrainSettings(batch_rows=2, pack_tokens=8))

    assert capfd.readouterr().err == ""
