"""Bars of plain HTML: what a page of counts needs, with every text escaped, for chat is written by strangers."""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from dougpt_schema.page.words import number, percent, tame


def text(value: object) -> str:
    """Return anybody's text as HTML that is shown as it is and stays in its place."""
    return escape(tame(str(value)))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, caption: str, numbers: Sequence[int] = ()) -> str:
    """Return a table of cells that are HTML already; the columns `numbers` are set to the right."""

    def cell(tag: str, place: int, content: str) -> str:
        return f'<{tag} class="n">{content}</{tag}>' if place in numbers else f"<{tag}>{content}</{tag}>"

    head = "".join(cell("th", place, name) for place, name in enumerate(header))
    body = "\n".join("<tr>" + "".join(cell("td", at, one) for at, one in enumerate(row)) + "</tr>" for row in rows)
    return (
        f'<div class="wide" role="region" aria-label="{caption}" tabindex="0"><table class="full">'
        f"<caption>{caption}</caption>\n<tr>{head}</tr>\n{body}\n</table></div>"
    )


def counted(rows: Sequence[tuple[str, int]], whole: int, *, caption: str) -> str:
    """Return a table of counts, each with its share of `whole` and a bar as long as that."""
    cells = [
        (label, number(count), percent(count / whole if whole else 0, 1), bar(count, whole)) for label, count in rows
    ]
    lines = table(("", "rows", "share", ""), cells, caption=caption, numbers=(1, 2))
    return lines.replace('<td><i class="', '<td class="bar"><i class="')


def bar(value: float, whole: float, colour: str = "one") -> str:
    """Return a bar whose width is the share of `value` in `whole`."""
    share = min(value / whole, 1) if whole else 0
    return f'<i class="{colour}" style="width:{100 * share:.2f}%"></i>'


def shares(rows: Mapping[str, Sequence[float]], columns: Sequence[str], *, caption: str, first: str = "style") -> str:
    """Return for each row a bar for each column, in its colour, with the share in percent."""
    colours = ("one", "two", "three")
    most = max((value for values in rows.values() for value in values), default=0)
    legend = "".join(
        f'<span><i class="{colour}"></i>{name}</span>' for name, colour in zip(columns, colours, strict=False)
    )
    cells = [
        (
            text(name),
            *(percent(value, 1) for value in values),
            "".join(bar(value, most, colour) for value, colour in zip(values, colours, strict=False)),
        )
        for name, values in rows.items()
    ]
    places = tuple(range(1, len(columns) + 1))
    lines = table((first, *columns, ""), cells, caption=caption, numbers=places)
    above = f'<p class="legend">{legend}</p>' if len(columns) > 1 else ""
    return above + lines.replace('<td><i class="', '<td class="bar"><i class="')


def columns(counts: Sequence[int], edges: Sequence[float], *, label: str, unit: str) -> str:
    """Return columns of `counts` over `edges`, one more than the counts."""
    most = max(counts, default=0) or 1
    drawn = "".join(
        f'<i style="height:{100 * count / most:.1f}%" title="{since:g} to {until:g} {unit}: {count}"></i>'
        for count, (since, until) in zip(counts, pairwise(edges), strict=True)
    )
    middle = edges[len(edges) // 2]
    return (
        f'<figure><div class="chart" role="img" aria-label="{label}">{drawn}</div>'
        f'<div class="axis"><span>{edges[0]:g}</span><span>{middle:g}</span><span>{edges[-1]:g} {unit}</span></div>'
        f"<figcaption>{label}</figcaption></figure>"
    )
