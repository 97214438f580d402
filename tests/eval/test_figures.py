"""Figures show every contender that has the measure, the model first."""

import pyarrow as pa
import pytest
from dougpt_eval import EvaluateSettings, Report, evaluate

matplotlib_figure = pytest.importorskip("matplotlib.figure", reason="the extra 'report' is not installed")


@pytest.fixture(scope="module")
def report(oracle, held_out: pa.Table, training: pa.Table) -> Report:
    settings = EvaluateSettings(draws=100, ranked=0, baselines=("characters", "another_minute"))
    return evaluate(oracle(held_out), held_out, settings, training=training)


def test_a_row_is_drawn_for_each_that_has_the_measure(report: Report) -> None:
    from dougpt_eval.figures import draw_intervals

    axes = matplotlib_figure.Figure().subplots()
    assert draw_intervals(axes, report, "bits_per_byte") == ["model", "characters"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["model", "characters"]


def test_a_point_is_drawn_for_each_recording(report: Report) -> None:
    from dougpt_eval.figures import draw_by_recording

    axes = matplotlib_figure.Figure().subplots()
    draw_by_recording(axes, report, "bits_per_byte", ["characters"])
    assert [len(line.get_xdata()) for line in axes.lines] == [12, 12]
