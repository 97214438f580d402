"""Progress says how far the work is, how fast it goes and how long it will take, and not too often."""

from dougpt.telling import CLEAR, Telling, line_of, span
from dougpt_media.progress import Progress
from hypothesis import given
from hypothesis import strategies as st

HOUR_MS = 3_600_000


def test_a_line_says_what_is_done_how_fast_and_how_long_to_go() -> None:
    progress = Progress("recognising speech", 750_000, 11_050_000)

    assert line_of(progress, 750_000, 35.7) == "recognising speech: 12:30 of 3:04:10 at 21 x real time, 8 min left"


def test_a_resumed_run_counts_the_speed_of_its_own_work() -> None:
    progress = Progress("recognising speech", HOUR_MS, 2 * HOUR_MS)

    assert line_of(progress, HOUR_MS // 10, 360.0).endswith("at 1.0 x real time, 60 min left")


@given(st.integers(0, 10**8), st.integers(0, 10**8), st.integers(-10, 10**8), st.floats(0, 10**6))
def test_whatever_is_told_makes_a_line(done_ms: int, total_ms: int, worked_ms: int, elapsed_s: float) -> None:
    line = line_of(Progress("step", done_ms, total_ms), worked_ms, elapsed_s)

    assert line.startswith(f"step: {span(done_ms)} of {span(total_ms)}")
    assert "-" not in line


class Clock:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def told(*, redraws: bool, every_s: float) -> list[str]:
    clock, written = Clock(), list[str]()
    with Telling("transcribe 1a2b", written.append, redraws, clock) as telling:
        for step in range(121):
            telling(Progress("refining times", step * 10_000, 1_200_000))
            clock.now_s += every_s
    return written


def test_a_log_gets_whole_lines_some_seconds_apart() -> None:
    written = told(redraws=False, every_s=0.5)

    assert len(written) == 4
    assert written[0] == "transcribe 1a2b: refining times: 5:00 of 20:00 at 20 x real time, 45 s left\n"
    assert all(line.endswith(" left\n") and CLEAR not in line for line in written)


def test_a_terminal_keeps_one_line_that_is_gone_at_the_end() -> None:
    written = told(redraws=True, every_s=0.1)

    assert 20 < len(written) < 30
    assert all(line.startswith(CLEAR) and "\n" not in line for line in written)
    assert written[-1] == CLEAR


def test_chunks_of_a_killed_run_do_not_count_as_speed() -> None:
    clock, written = Clock(), list[str]()
    with Telling("x", written.append, redraws=False, clock=clock) as telling:
        telling(Progress("recognising speech", 0, 4 * HOUR_MS))
        telling(Progress("recognising speech", HOUR_MS, 4 * HOUR_MS, HOUR_MS))
        telling(Progress("recognising speech", 2 * HOUR_MS, 4 * HOUR_MS, 2 * HOUR_MS))
        clock.now_s += 3600
        telling(Progress("recognising speech", 3 * HOUR_MS, 4 * HOUR_MS, 2 * HOUR_MS))

    assert written[-1].endswith("3:00:00 of 4:00:00 at 1.0 x real time, 60 min left\n")


def test_short_work_says_nothing() -> None:
    assert told(redraws=False, every_s=0.01) == []


def test_each_step_has_its_own_speed() -> None:
    clock, written = Clock(), list[str]()
    with Telling("t", written.append, redraws=False, clock=clock) as telling:
        telling(Progress("slow", 0, 100_000))
        clock.now_s += 100
        telling(Progress("slow", 100_000, 100_000))
        telling(Progress("fast", 0, 100_000))
        clock.now_s += 20
        telling(Progress("fast", 80_000, 100_000))

    assert written == [
        "t: slow: 1:40 of 1:40 at 1.0 x real time, 0 s left\n",
        "t: fast: 1:20 of 1:40 at 4.0 x real time, 5 s left\n",
    ]
