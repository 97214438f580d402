"""What recordings of one channel have in common: kernel, mark ratios, share, calibrator, as a table of numbers.

A recording with little chat cannot tell its lags from chance. `fit_channel` learns them from several
recordings at once; `align` takes the result as `prior` and holds to it.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from dougpt_schema import PRIOR, ArrowStream, ContractError

from dougpt_align.arrays import Floats
from dougpt_align.attribution import Parameters
from dougpt_align.calibrate import Calibrator
from dougpt_align.lag import Kernel
from dougpt_align.marks import RATIO_STARTS

FERTILITY_CLASSES = 12


@dataclass(frozen=True, slots=True)
class Channel:
    """What `align` holds to: parameters, the share of replies, and the calibrator of probabilities under them.

    `share_labels` is how many labels drawn at random pinned the share.
    """

    parameters: Parameters
    share: float
    share_labels: int
    calibrator: Calibrator


def write_prior(name: str, channel: Channel, replies: float) -> pa.Table:
    """Return the numbers of a fit as a `prior` table of the channel called `name`."""
    parameters, kernel = channel.parameters, channel.parameters.kernel
    single = {
        ("lag", "start_s"): kernel.start_s,
        ("lag", "bin_s"): kernel.bin_s,
        ("lag", "typing_s"): kernel.typing_s,
        ("share", "value"): channel.share,
        ("share", "labels"): float(channel.share_labels),
        ("calibrator", "slope"): channel.calibrator.slope,
        ("calibrator", "intercept"): channel.calibrator.intercept,
        ("fit", "replies"): replies,
    }
    rows = [{"channel": name, "name": part, "key": key, "value": value} for (part, key), value in single.items()]
    families = {"lag_density": kernel.density_B, "fertility": parameters.fertility_C}
    families |= {f"ratio_{mark}": ratio for mark, ratio in parameters.ratios.items()}
    for family, numbers in families.items():
        rows.extend(
            {"channel": name, "name": family, "key": f"{index:04d}", "value": float(value)}
            for index, value in enumerate(numbers)
        )
    return PRIOR.table(rows)


def read_prior(prior: ArrowStream) -> Channel:
    """Return what a `prior` table holds.

    Raises:
        ContractError: The table breaks its contract, mixes channels, or lacks numbers.
    """
    table = PRIOR.check(PRIOR.conform(prior, sort=True))
    rows = table.to_pylist()
    if len({row["channel"] for row in rows}) != 1:
        raise ContractError("prior", "must be of one channel", column="channel")
    numbers = {(row["name"], row["key"]): row["value"] for row in rows}
    density = _family(rows, "lag_density")
    kernel = Kernel(
        _one(numbers, "lag", "start_s"), _one(numbers, "lag", "bin_s"), density, _one(numbers, "lag", "typing_s")
    )
    ratios = {name: _family(rows, f"ratio_{name}", len(start)) for name, start in RATIO_STARTS.items()}
    fertility = _family(rows, "fertility", FERTILITY_CLASSES)
    share = _one(numbers, "share", "value")
    if not (kernel.bin_s > 0 and np.all(density > 0) and 0 < share < 1):
        raise ContractError("prior", "holds numbers that are no lag kernel or share", column="value")
    # A prior of an earlier version has no calibrator: nothing is bent then.
    slope, intercept = numbers.get(("calibrator", "slope"), 1.0), numbers.get(("calibrator", "intercept"), 0.0)
    if not 0 < slope < np.inf or not np.isfinite(intercept):
        raise ContractError("prior", "holds numbers that are no calibrator", column="value")
    share_labels = int(numbers.get(("share", "labels"), 0.0))
    return Channel(Parameters(kernel, ratios, fertility), share, share_labels, Calibrator(slope, intercept))


def _one(numbers: dict[tuple[str, str], float], name: str, key: str) -> float:
    if (name, key) not in numbers:
        raise ContractError("prior", f"lacks {name}/{key}", column="value")
    return numbers[name, key]


def _family(rows: list[dict[str, object]], name: str, size: int | None = None) -> Floats:
    """The numbers of one family in the order of their keys."""
    found = np.array([row["value"] for row in rows if row["name"] == name], dtype=np.float64)
    if not len(found) or (size is not None and len(found) != size):
        raise ContractError("prior", f"holds {len(found)} numbers of {name}, not {size or 'some'}", column="name")
    return found
