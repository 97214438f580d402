"""Everything that breaks programs of this kind, on purpose, at random and repeatable.

    just torture                               # a little of each campaign: about ten minutes on two cores
    just torture inputs --count 5000 --seed 7  # one of them, more of it, other cases
    just torture inputs --first 5000           # goes on where one stopped
    just torture --full                        # 200 kills, 200,000 inputs: many hours

Campaigns: kills, inputs, disk, clocks, together, readonly, hostile; each is a module below tests/torture, whose first
lines say what it does and what must hold. Prints how cases ended, each failure with the seed and the number of its
case, and a table of all campaigns; inputs that fail are made small and kept. Exits with 1 where anything failed.
"""

import argparse
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "torture"))

from campaign import Asked

COUNTS = {
    "inputs": (2000, 200_000),
    "kills": (3, 200),
    "disk": (2, 40),
    "clocks": (2, 20),
    "together": (2, 40),
    "readonly": (4, 40),
    "hostile": (1, 20),
}
"""How many cases each campaign has, by default and with --full."""


@dataclass(frozen=True)
class Row:
    """A campaign in the table at the end; its processor seconds lack those of processes that nobody waited for."""

    name: str
    count: int
    failures: int
    took_s: float
    cpu_s: float


def main() -> int:
    """Run the campaigns that are named, all of them without a name."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("campaigns", nargs="*", metavar="CAMPAIGN", help=f"some of: {', '.join(COUNTS)}")
    parser.add_argument("--full", action="store_true", help="as many cases as a release needs")
    parser.add_argument("--count", type=int, help="how many cases of each")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other cases")
    parser.add_argument("--first", type=int, default=0, help="the number of the first case, to go on where one stopped")
    parser.add_argument("--keep", type=Path, default=Path("torture-failures"), help="where inputs that fail are kept")
    chosen = parser.parse_args()
    if unknown := set(chosen.campaigns) - COUNTS.keys():
        parser.error(f"no campaign {', '.join(sorted(unknown))}; there are {', '.join(COUNTS)}")
    rows = [_campaign(name, chosen) for name in chosen.campaigns or COUNTS]
    print("\n| campaign | cases | failures | seed | first | seconds | processor seconds |")
    print("| --- " + "| ---: " * 6 + "|")
    for row in rows:
        cells = (row.name, row.count, row.failures, chosen.seed, chosen.first, f"{row.took_s:.0f}", f"{row.cpu_s:.0f}")
        print("| " + " | ".join(map(str, cells)) + " |")
    return 1 if any(row.failures for row in rows) else 0


def _campaign(name: str, chosen: argparse.Namespace) -> Row:
    """Run a campaign, and print how its cases ended and what failed."""
    count = chosen.count or COUNTS[name][chosen.full]
    began, began_cpu_s = time.monotonic(), _cpu_s()
    with tempfile.TemporaryDirectory(prefix=f"torture-{name}-") as folder:
        asked = Asked(Path(folder), chosen.keep, chosen.seed, chosen.first, count)
        outcome = import_module(name).run(asked)
    print(f"\n{name}")
    for ending, times in sorted(outcome.endings.items()):
        print(f"{times:>8} {ending}")
    for failure in outcome.failures:
        print(f"  {failure}")
    sys.stdout.flush()
    return Row(name, count, len(outcome.failures), time.monotonic() - began, _cpu_s() - began_cpu_s)


def _cpu_s() -> float:
    """Return the processor seconds of this process and of all that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    sys.exit(main())
