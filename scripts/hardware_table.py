"""Writes the table of presets into docs/guide/hardware.md, computed by the memory formula.

uv run python scripts/hardware_table.py
"""

import re
from pathlib import Path

from dougpt_train.preset_needs import table

PAGE = Path(__file__).resolve().parents[1] / "docs" / "guide" / "hardware.md"
TABLE = re.compile(r"^\| preset .*?(?=\n\n)", re.DOTALL | re.MULTILINE)


def main() -> None:
    """Write the page where the table has changed."""
    text = PAGE.read_text(encoding="utf-8")
    made = TABLE.sub(lambda _: "\n".join(table()), text)
    if made != text:
        PAGE.write_text(made, encoding="utf-8")
    print("\n".join(table()))


if __name__ == "__main__":
    main()
