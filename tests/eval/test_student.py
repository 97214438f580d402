"""The closed form agrees with published quantiles and with itself."""

import pytest
from dougpt_eval.student import t_cdf, t_quantile
from hypothesis import given
from hypothesis import strategies as st

# Abramowitz and Stegun, table 26.10.
PUBLISHED = {(0.975, 1): 12.706, (0.975, 2): 4.303, (0.975, 9): 2.262, (0.95, 5): 2.015, (0.995, 30): 2.750}


@pytest.mark.parametrize(("place", "t"), PUBLISHED.items())
def test_quantiles_are_those_of_the_tables(place: tuple[float, int], t: float) -> None:
    assert t_quantile(*place) == pytest.approx(t, abs=5e-4)


@given(st.floats(0.001, 0.999), st.integers(1, 200))
def test_the_quantile_undoes_the_distribution(share: float, degrees: int) -> None:
    assert t_cdf(t_quantile(share, degrees), degrees) == pytest.approx(share, abs=1e-9)


@given(st.floats(-50, 50), st.integers(1, 60))
def test_it_is_symmetric(t: float, degrees: int) -> None:
    assert t_cdf(t, degrees) + t_cdf(-t, degrees) == pytest.approx(1)


def test_no_freedom_is_refused() -> None:
    with pytest.raises(ValueError, match="0 degrees of freedom"):
        t_cdf(1.0, 0)
