"""Damaged packets are told as stretches that lose none of them."""

from itertools import pairwise

from dougpt_media.timeline import LISTED, BadPackets, Damage
from hypothesis import given
from hypothesis import strategies as st


@given(times_ms=st.lists(st.integers(0, 100_000), max_size=60))
def test_stretches_hold_every_packet_once_and_lie_apart(times_ms: list[int]) -> None:
    bad = BadPackets()
    for at_ms in times_ms:
        bad.note(at_ms)

    stretches = bad.stretches()

    assert sum(stretch.count for stretch in stretches) == len(times_ms)
    assert all(any(one.from_ms <= at_ms <= one.to_ms for one in stretches) for at_ms in times_ms)
    assert all(b.from_ms - a.to_ms > bad.apart_ms for a, b in pairwise(stretches))
    assert all(bad.any_between(at_ms, at_ms) for at_ms in times_ms)


def test_a_file_of_nothing_but_damage_makes_no_endless_list() -> None:
    bad = BadPackets()
    for index in range(3 * LISTED):
        bad.note(index * 5_000)

    stretches = bad.stretches()

    assert len(stretches) == LISTED
    assert sum(stretch.count for stretch in stretches) == 3 * LISTED
    assert stretches[0] == Damage(0, 0, 1)
