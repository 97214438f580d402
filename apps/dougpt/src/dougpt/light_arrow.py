"""Arrow without pandas, so that every command starts a second and a half sooner; and in little memory.

The first time that pyarrow is handed a list it looks for pandas and loads it, only to ask whether the list is one of
its series. No table of ours ever was a data frame, and pandas stays free to be loaded by whoever asks for it by name.
"""

import sys

import pyarrow as pa


class _NoPandas:
    """A finder to which pandas is not there."""

    def find_spec(self, name: str, *_: object) -> None:
        """Refuse pandas, and leave everything else to the finders behind."""
        if name == "pandas":
            raise ModuleNotFoundError("kept out", name=name)


def keep_pandas_out() -> None:
    """Let pyarrow look for pandas while there is none; it asks at its first array and keeps the answer."""
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([0])
    finally:
        sys.meta_path.remove(finder)


def hold_little() -> None:
    """Let Arrow give memory back to the system at once; its own allocator keeps some 60 MB for another time."""
    pa.set_memory_pool(pa.system_memory_pool())
