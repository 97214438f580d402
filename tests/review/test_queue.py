"""Whatever pages do, a question is with one of them at a time, and none is lost."""

from desks import questions
from dougpt_review.material import Question, in_blocks
from dougpt_review.queue import Queue
from dougpt_schema import AskedAs
from hypothesis import given
from hypothesis import strategies as st

steps = st.lists(
    st.tuples(st.sampled_from(["take", "answer", "skip", "wait", "reload"]), st.sampled_from("abc")), max_size=60
)


@given(steps=steps)
def test_no_two_pages_hold_one_question_and_every_question_is_answered_in_the_end(
    steps: list[tuple[str, str]],
) -> None:
    now = 0.0
    asked = questions(8)
    queue = Queue(asked, lent_for_s=100, now=lambda: now)
    holds: dict[str, list[str]] = {"a": [], "b": [], "c": []}
    answered: list[str] = []
    for step, page in steps:
        mine = holds[page]
        if step == "take" and len(mine) < 3 and (found := queue.take(page, mine)):
            assert found.name not in [name for held in holds.values() for name in held]
            mine.append(found.name)
        elif step == "answer" and mine:
            answered.append(mine.pop(0))
            queue.answered(answered[-1])
        elif step == "skip" and mine:
            queue.skipped(mine.pop(0))
        elif step == "reload" and mine:
            lost = mine[1:]
            del mine[1:]
            for name in lost:  # what was fetched before comes again, in its order
                found = queue.take(page, mine)
                assert found is not None
                assert found.name == name
                mine.append(name)
        elif step == "wait":  # everybody falls asleep for longer than a loan lasts
            now += 200
            holds = {"a": [], "b": [], "c": []}
    now += 200
    while found := queue.take("d"):
        answered.append(found.name)
        queue.answered(found.name)

    assert sorted(answered) == sorted(question.name for question in asked)


def test_a_question_that_was_skipped_comes_last() -> None:
    asked = questions(3)
    queue = Queue(asked)
    queue.skipped(asked[0].name)

    order = []
    while found := queue.take("a"):
        order.append(found)
        queue.answered(found.name)
    assert order == [asked[1], asked[2], asked[0]]


def test_a_skipped_question_is_not_held_by_a_page_that_has_not_heard_of_it_yet() -> None:
    asked = questions(8)
    queue = Queue(asked)
    order: list[str] = []
    holds: list[str] = []
    while len(order) < len(asked):
        while len(holds) < 3 and (found := queue.take("a", holds)):
            holds.append(found.name)
        order.append(holds.pop(0))
        queue.skipped(order[-1])
        found = queue.take("a", [*holds, order[-1]])  # sent before the page heard that the skip was taken
        assert found is not None
        holds.append(found.name)

    assert order == [question.name for question in asked]
    assert holds == [question.name for question in asked[:3]]


def test_after_a_new_alignment_what_was_skipped_still_comes_last() -> None:
    asked = questions(3)
    queue = Queue(asked)
    queue.skipped(asked[0].name)

    queue.replaced(asked)

    assert queue.take("a") == asked[1]


def test_who_leaves_gives_everything_back() -> None:
    asked = questions(3)
    queue = Queue(asked)
    assert [queue.take("a"), queue.take("b")] == [asked[0], asked[1]]

    queue.left("a")

    assert [queue.take("b", [asked[1].name]), queue.take("c")] == [asked[0], asked[2]]


@given(sizes=st.lists(st.integers(0, 9), max_size=4), block=st.integers(1, 4))
def test_recordings_take_turns_in_blocks_and_each_keeps_its_order(sizes: list[int], block: int) -> None:
    lists = [
        [Question(f"r{number}", f"e{place}", AskedAs.RANDOM, "all", 1.0) for place in range(size)]
        for number, size in enumerate(sizes)
    ]

    joined = in_blocks(lists, block)

    for number, one in enumerate(lists):
        assert [question for question in joined if question.recording_id == f"r{number}"] == one
    first = [question.recording_id for question in joined][:block]
    assert len(set(first)) <= 1 or len(lists[0]) < block
