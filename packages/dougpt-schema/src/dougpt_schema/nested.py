"""Types, casts and nulls of columns that hold lists and structs.

Libraries differ in how they call a list's element, whether it may be null, and which string layout they
use. None of that is a difference of content; only the contract says where a null may stand.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc


def same_type(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Whether two types are the same but for the names and nullability of list elements."""
    if pa.types.is_list(wanted):
        return pa.types.is_list(found) and same_type(found.value_type, wanted.value_type)
    if pa.types.is_struct(wanted):
        return (
            pa.types.is_struct(found)
            and [field.name for field in found] == [field.name for field in wanted]
            and all(same_type(found.field(i).type, wanted.field(i).type) for i in range(wanted.num_fields))
        )
    return bool(found == wanted)


def cast(column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    """Return `column` as `wanted`, to the letter of the type.

    Raises:
        pa.ArrowInvalid: A value would change.
    """
    if column.type == wanted:
        return column
    return pa.chunked_array([_cast_array(chunk, wanted) for chunk in column.chunks], wanted)


def missing(column: pa.ChunkedArray, field: pa.Field) -> Iterator[tuple[str, pa.ChunkedArray]]:
    """Yield each place of `field` where no null may stand, with a mask of the rows that have one."""
    if not field.nullable:
        yield field.name, pc.is_null(column)
    if any(_holds_nulls(chunk) for chunk in column.chunks):
        for name, steps in _inner_paths(field.type, field.name):
            masks = [_rows_with_null(chunk, steps) for chunk in column.chunks]
            yield name, pa.chunked_array(masks, pa.bool_())


def _cast_array(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_list(wanted) and _is_list(array.type):
        return _cast_list(array, wanted)
    if pa.types.is_struct(wanted) and pa.types.is_struct(array.type):
        names = {array.type.field(i).name for i in range(array.type.num_fields)}
        if absent := [field.name for field in wanted if field.name not in names]:
            raise pa.ArrowInvalid(f"the struct has no field {absent[0]}")
        children = [_cast_array(pc.struct_field(array, field.name), field.type) for field in wanted]
        return pa.StructArray.from_arrays(children, fields=list(wanted), mask=pc.is_null(array))
    return array.cast(wanted, safe=True)


def _cast_list(array: pa.Array, wanted: pa.DataType) -> pa.Array:
    values = _cast_array(array.flatten(), wanted.value_type)
    lengths = pc.fill_null(pc.list_value_length(array), 0).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    mask = pc.is_null(array) if array.null_count else None
    return pa.ListArray.from_arrays(offsets, values, type=wanted, mask=mask)


def _is_list(found: pa.DataType) -> bool:
    return bool(pa.types.is_list(found) or pa.types.is_large_list(found) or pa.types.is_fixed_size_list(found))


def _holds_nulls(array: pa.Array) -> bool:
    """Whether a value inside the lists or structs of `array` is null, wherever that may be allowed."""
    if pa.types.is_list(array.type):
        inner = array.flatten()
        return bool(inner.null_count) or _holds_nulls(inner)
    if pa.types.is_struct(array.type):
        # Below a struct that is null everything is: that is told apart row by row.
        fields = [pc.struct_field(array, field.name) for field in array.type]
        return any(inner.null_count or _holds_nulls(inner) for inner in fields)
    return False


def _inner_paths(wanted: pa.DataType, name: str, steps: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every non-nullable place inside `wanted`: its name for people and the steps that lead there."""
    if pa.types.is_list(wanted):
        inner = (*steps, "[]")
        if not wanted.value_field.nullable:
            yield f"{name}[]", inner
        yield from _inner_paths(wanted.value_type, f"{name}[]", inner)
    elif pa.types.is_struct(wanted):
        for field in wanted:
            inner = (*steps, field.name)
            if not field.nullable:
                yield f"{name}.{field.name}", inner
            yield from _inner_paths(field.type, f"{name}.{field.name}", inner)


def _rows_with_null(array: pa.Array, steps: tuple[str, ...]) -> pa.Array:
    """A mask of the rows of `array` that have a null at the end of `steps`, below parents that are given."""
    if not _may_have_null(array, steps):
        return pa.repeat(pa.scalar(False), len(array))
    every_row = pc.cumulative_sum(pa.repeat(pa.scalar(1, pa.int64()), len(array)), start=-1)
    rows = every_row
    for step in steps:
        if step == "[]":
            rows = pc.take(rows, pc.list_parent_indices(array))
            array = array.flatten()
        else:
            given = pc.is_valid(array)
            rows = pc.filter(rows, given)
            array = pc.filter(pc.struct_field(array, step), given)
    bad_rows = pc.unique(pc.filter(rows, pc.is_null(array)))
    return pc.is_in(every_row, value_set=bad_rows)


def _may_have_null(array: pa.Array, steps: tuple[str, ...]) -> bool:
    """Whether there is a null at the end of `steps` at all, below whatever parent; quickly told for most columns."""
    for step in steps:
        array = array.flatten() if step == "[]" else pc.struct_field(array, step)
    return bool(array.null_count)
