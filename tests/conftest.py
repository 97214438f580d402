"""What every test may use: the place of real recordings that the project may test on and not ship."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

CHECKOUT = Path(__file__).resolve().parents[1]

# No deadline: machines are shared and a slow example is no wrong one. `--hypothesis-profile=thorough` searches longer.
settings.register_profile("quick", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real speech and chat (DOUGPT_REAL_DATA, else shared/data beside the checkout); skips without it."""
    folder = Path(os.environ.get("DOUGPT_REAL_DATA", CHECKOUT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no real data: set DOUGPT_REAL_DATA to its folder")
    return folder
