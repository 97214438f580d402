"""A stacker that learns choices: what must hold whatever it learned, and that it finds a rule that was planted."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from dougpt_align.arrays import row_sums, take_rows
from dougpt_align.forest import Growth, grow
from dougpt_align.stacker import Recipe, crossfit, fit_stacker, softmax_with_none
from hypothesis import example, given, settings
from hypothesis import strategies as st

LINE = Recipe(growth=Growth(trees=0))
BOTH = Recipe(growth=Growth(trees=8, least_leaf=0.5))


@dataclass(frozen=True)
class Case:
    ptr: np.ndarray
    x: np.ndarray
    z: np.ndarray
    chosen: np.ndarray
    weight: np.ndarray

    @property
    def start(self) -> np.ndarray:
        return np.r_[1.0, np.zeros(self.x.shape[1] - 1)]


def made(seed: int, events: int, rule: str = "line") -> Case:
    """Events of 0 to 6 candidates, chosen by a softmax: of a line in x, or of an interaction that no line can say."""
    rng = np.random.default_rng(seed)
    ptr = np.r_[0, np.cumsum(rng.integers(0, 7, events))]
    x, z = rng.normal(size=(ptr[-1], 4)), rng.normal(size=(events, 2))
    event = np.repeat(np.arange(events), np.diff(ptr))
    score = {
        "line": x[:, 0] + 2.0 * x[:, 1] + z[event, 0],
        "interaction": np.where((x[:, 1] > 0) & (x[:, 2] > 0), 2.5, -1.5),
    }[rule]
    link = softmax_with_none(score, ptr)
    chosen = np.full(events, -1)
    for row in range(events):
        mass = np.cumsum(link[ptr[row] : ptr[row + 1]])
        place = int(np.searchsorted(mass, rng.random()))
        chosen[row] = ptr[row] + place if place < len(mass) else -1
    return Case(ptr, x, z, chosen, rng.choice([0.0, 1.0, 2.0], events))


def log_loss(case: Case, link: np.ndarray) -> float:
    none = 1.0 - row_sums(link, case.ptr)
    return -float(np.log(np.where(case.chosen >= 0, link[np.maximum(case.chosen, 0)], none)).mean())


STEEP = Growth(trees=40, shrinkage=0.5, leaf_pull=0.1, least_leaf=0.5)
SEEDS = st.integers(0, 2**32 - 1)
RECIPES = st.sampled_from([LINE, BOTH])


@given(seed=SEEDS, events=st.integers(1, 60), recipe=RECIPES)
@settings(max_examples=40, deadline=None)
def test_probabilities_lie_in_0_to_1_add_up_to_at_most_1_and_are_the_same_each_time(
    seed: int, events: int, recipe: Recipe
) -> None:
    case = made(seed, events)

    link = fit_stacker(case.ptr, case.x, case.z, case.chosen, case.weight, start_F=case.start, recipe=recipe)(
        case.ptr, case.x, case.z
    )

    assert np.all((link >= 0) & (link <= 1))
    assert np.all(row_sums(link, case.ptr) <= 1 + 1e-12)
    again = fit_stacker(case.ptr, case.x, case.z, case.chosen, case.weight, start_F=case.start, recipe=recipe)
    np.testing.assert_array_equal(again(case.ptr, case.x, case.z), link)


@given(seed=SEEDS, recipe=RECIPES)
@example(seed=108083032, recipe=BOTH)
@settings(max_examples=20, deadline=None)
def test_reordering_candidates_within_rows_reorders_their_probabilities(seed: int, recipe: Recipe) -> None:
    case = made(seed, 40)
    rng = np.random.default_rng(seed)
    moved = np.concatenate(
        [low + rng.permutation(high - low) for low, high in zip(case.ptr[:-1], case.ptr[1:], strict=True)]
    )
    place = np.argsort(moved)
    chosen = np.where(case.chosen >= 0, place[np.maximum(case.chosen, 0)], -1)

    link = fit_stacker(case.ptr, case.x, case.z, case.chosen, case.weight, recipe=recipe)(case.ptr, case.x, case.z)
    other = fit_stacker(case.ptr, case.x[moved], case.z, chosen, case.weight, recipe=recipe)

    np.testing.assert_allclose(other(case.ptr, case.x[moved], case.z), link[moved], atol=1e-7)


@given(seed=SEEDS, recipe=RECIPES)
@settings(max_examples=20, deadline=None)
def test_candidates_of_equal_features_are_equally_probable(seed: int, recipe: Recipe) -> None:
    case = made(seed, 40)
    fitted = fit_stacker(case.ptr, case.x, case.z, case.chosen, case.weight, recipe=recipe)

    link = fitted(np.array([0, 3]), np.repeat(case.x[:1] if len(case.x) else np.ones((1, 4)), 3, axis=0), case.z[:1])

    assert link[0] == link[1] == link[2]


@given(seed=SEEDS, scale=st.floats(0.01, 100), recipe=RECIPES)
@settings(max_examples=20, deadline=None)
def test_only_the_proportions_of_weights_count(seed: int, scale: float, recipe: Recipe) -> None:
    case = made(seed, 40)

    link = fit_stacker(case.ptr, case.x, case.z, case.chosen, case.weight, recipe=recipe)(case.ptr, case.x, case.z)
    scaled = fit_stacker(case.ptr, case.x, case.z, case.chosen, scale * case.weight, recipe=recipe)

    np.testing.assert_allclose(scaled(case.ptr, case.x, case.z), link, atol=1e-6)


@given(seed=SEEDS, recipe=RECIPES)
@settings(max_examples=20, deadline=None)
def test_an_event_without_weight_is_as_good_as_absent_whatever_its_answer_says(seed: int, recipe: Recipe) -> None:
    case = made(seed, 40)
    labelled = np.flatnonzero(case.weight > 0)
    ptr, pairs = take_rows(case.ptr, labelled)
    chosen = np.full(len(labelled), -1)
    answered = case.chosen[labelled] >= 0
    chosen[answered] = np.searchsorted(pairs, case.chosen[labelled][answered])
    spoilt = np.where(case.weight > 0, case.chosen, -7)

    link = fit_stacker(case.ptr, case.x, case.z, spoilt, case.weight, recipe=recipe)(case.ptr, case.x, case.z)
    alone = fit_stacker(ptr, case.x[pairs], case.z[labelled], chosen, case.weight[labelled], recipe=recipe)

    np.testing.assert_allclose(alone(case.ptr, case.x, case.z), link, atol=1e-9)


@given(seed=SEEDS, value=st.floats(-1e6, 1e6), recipe=RECIPES)
@settings(max_examples=20, deadline=None)
def test_a_feature_that_never_varies_changes_nothing(seed: int, value: float, recipe: Recipe) -> None:
    case = made(seed, 40)
    wider = np.c_[case.x, np.full(len(case.x), value)]

    link = fit_stacker(case.ptr, case.x, case.z, case.chosen, case.weight, recipe=recipe)(case.ptr, case.x, case.z)
    other = fit_stacker(case.ptr, wider, case.z, case.chosen, case.weight, recipe=recipe)(case.ptr, wider, case.z)

    np.testing.assert_allclose(other, link, atol=1e-6)


@given(seed=SEEDS, recipe=RECIPES)
@settings(max_examples=20, deadline=None)
def test_without_labels_the_start_is_the_answer(seed: int, recipe: Recipe) -> None:
    case = made(seed, 40)

    fitted = fit_stacker(case.ptr, case.x, case.z, case.chosen, np.zeros(40), start_F=case.start, recipe=recipe)

    np.testing.assert_allclose(fitted(case.ptr, case.x, case.z), softmax_with_none(case.x[:, 0], case.ptr), atol=1e-12)


def test_few_labels_move_it_less_than_many() -> None:
    case = made(3, 1000)
    start = softmax_with_none(case.x[:, 0], case.ptr)
    moves = []
    for labels in (5, 50, 500):
        weight = (np.arange(1000) < labels).astype(float)
        fitted = fit_stacker(case.ptr, case.x, case.z, case.chosen, weight, start_F=case.start, recipe=LINE)
        moves.append(np.abs(fitted(case.ptr, case.x, case.z) - start).mean())
    assert moves[0] < moves[1] < moves[2]


def test_a_planted_line_is_recovered() -> None:
    case = made(1, 4000)
    fitted = fit_stacker(case.ptr, case.x, case.z, case.chosen, np.ones(4000), start_F=case.start, recipe=LINE)

    slope = fitted.beta_D[:-1] / fitted.scale_D

    np.testing.assert_allclose(case.start + slope[:4], [1.0, 2.0, 0.0, 0.0], atol=0.15)
    np.testing.assert_allclose(slope[4:], [1.0, 0.0], atol=0.15)


def test_trees_find_an_interaction_that_no_line_can_say() -> None:
    case, fresh = made(1, 1500, "interaction"), made(2, 1500, "interaction")
    losses = {}
    for trees in (0, 60):
        fitted = fit_stacker(
            case.ptr, case.x, case.z, case.chosen, np.ones(1500), recipe=Recipe(growth=Growth(trees=trees))
        )
        losses[trees] = log_loss(fresh, fitted(fresh.ptr, fresh.x, fresh.z))
    ideal = softmax_with_none(np.where((fresh.x[:, 1] > 0) & (fresh.x[:, 2] > 0), 2.5, -1.5), fresh.ptr)
    assert losses[60] < log_loss(fresh, ideal) + 0.3 * (losses[0] - log_loss(fresh, ideal))


def test_crossfitting_shows_no_event_its_own_fold() -> None:
    case = made(5, 200)
    fold = np.arange(200) % 4
    link = crossfit(case.ptr, case.x, case.z, case.chosen, case.weight, fold_E=fold, recipe=BOTH)
    # Other answers in fold 0 cannot change what fold 0 is given, and do change the others.
    chosen = np.where((fold == 0) & (np.diff(case.ptr) > 0), case.ptr[:-1], case.chosen)

    other = crossfit(case.ptr, case.x, case.z, chosen, case.weight, fold_E=fold, recipe=BOTH)

    mine = np.repeat(fold == 0, np.diff(case.ptr))
    np.testing.assert_array_equal(other[mine], link[mine])
    assert np.abs(other[~mine] - link[~mine]).max() > 1e-3


def test_rows_without_candidates_and_tables_without_rows_are_fine() -> None:
    ptr = np.array([0, 0, 0])
    fitted = fit_stacker(ptr, np.zeros((0, 4)), None, np.array([-1, -1]), np.ones(2))

    assert fitted(ptr, np.zeros((0, 4))).shape == (0,)
    assert fitted(np.array([0]), np.zeros((0, 4))).shape == (0,)


def test_misuse_is_told() -> None:
    case = replace(made(7, 20), weight=np.ones(20))
    fitted = fit_stacker(case.ptr, case.x, case.z, case.chosen, case.weight)
    with pytest.raises(ValueError, match="fitted on 6 features, called with 4"):
        fitted(case.ptr, case.x)
    with pytest.raises(ValueError, match="outside its event's row"):
        fit_stacker(case.ptr, case.x, case.z, np.full(20, case.ptr[-1]), case.weight)
    with pytest.raises(ValueError, match="features of 19 events"):
        fit_stacker(case.ptr, case.x, case.z[1:], case.chosen, case.weight)


@given(seed=SEEDS, rare=st.integers(1, 20))
@settings(max_examples=20, deadline=None)
def test_a_rare_value_at_either_end_of_a_column_can_be_cut_off(seed: int, rare: int) -> None:
    rng = np.random.default_rng(seed)
    for low in (True, False):
        column = np.full(400, 0.0 if low else -1.0)
        column[rng.permutation(400)[:rare]] = -1.0 if low else 0.0
        target = 10.0 * column

        forest = grow(column[:, None], np.zeros(400), lambda score, to=target: (score - to, np.ones(400)), STEEP)

        np.testing.assert_allclose(forest(column[:, None]), target, atol=0.1)
