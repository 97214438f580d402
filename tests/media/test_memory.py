"""Where memory runs out, less is asked for at once, down to one; other errors stay what they are."""

import pytest
from dougpt_media import memory
from dougpt_media.memory import Batches, OutOfMemoryError
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(1, 64), st.integers(1, 64))
def test_the_batch_shrinks_until_it_fits_and_stays_small(size: int, fits: int) -> None:
    batches = Batches(size)

    def work(n: int) -> int:
        if n > fits:
            raise RuntimeError("CUDA failed with error out of memory")
        return n

    with pytest.MonkeyPatch.context() as patched:
        # Giving back memory takes a while where a model's library is loaded.
        patched.setattr(memory, "free", lambda: None)
        assert batches.run("a step", work) == batches.run("a step", work) == size >> batches.halvings
    assert size >> batches.halvings <= fits or size == 1


def test_what_does_not_fit_alone_says_what_to_do() -> None:
    def work(_: int) -> None:
        raise MemoryError("no")

    with pytest.raises(OutOfMemoryError, match=r"a step: out of memory \(no\): choose a smaller model"):
        Batches(4).run("a step", work)


def test_another_error_is_not_mistaken_for_it() -> None:
    def work(_: int) -> None:
        raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        Batches(4).run("a step", work)
