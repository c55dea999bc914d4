"""Query parameters: which names are our own, and how a column of the catalogue is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable

# What any address of ours has a use for: a column that is called so is written with the prefix,
# everywhere.
OWN = frozenset(
    {"q", "like", "k", "offset", "page", "sort", "explain", "release", "cut", "id", "at", "prefix"}
)
PREFIX = "f."
# What the page's form sends of a column besides its values: where a range begins and ends, and how
# a value begins that is looked for.
FROM, TO, FIND = "from.", "to.", "find."
# Parts of a sort that one name may be made of, and what is shown of a wrong one.
MOST_COMMAS, LONGEST_SHOWN = 16, 64


def parameter(column: str) -> str:
    """The parameter that asks for a column: its name, after `f.` where the name alone is ours."""
    # A browser takes dots alone for a folder.
    is_ours = column in OWN or column.startswith((PREFIX, FROM, TO, FIND))
    return PREFIX + column if is_ours or not column.strip(".") else column


def parameters(column: str, own: Collection[str]) -> list[str]:
    """Every parameter that asks for a column where these names are taken; the first is written.

    A name of ours that an address does not take itself is read as a column's there: addresses from
    before stay right.
    """
    plain = [column] if column not in own and not column.startswith(PREFIX) else []
    return list(dict.fromkeys([parameter(column), PREFIX + column, *plain]))


def order_by(column: str) -> str:
    """What a sort says for a column: a `-` that is the name's own would reverse it."""
    return PREFIX + column if column.startswith("-") else parameter(column)


def order_of(sort: str) -> tuple[str, bool]:
    """The column that a sort names, as NAME or `f.NAME`, and whether `-` before it reverses it."""
    return sort.removeprefix("-").removeprefix(PREFIX), sort.startswith("-")


def orders_of(sort: str, known: Collection[str]) -> tuple[list[tuple[str, bool]], str]:
    """The columns of a sort with commas, each as `order_of` has it, and the first that is unknown.

    A column whose name holds commas is known by the whole of it.
    """
    parts, at = sort.split(",") if sort else [], 0
    orders: dict[str, bool] = {}
    while at < len(parts):
        for end in range(min(len(parts), at + MOST_COMMAS), at, -1):
            text = ",".join(parts[at:end])
            named = [order_of(each) for each in (text, text.strip(" "))]
            if known_order := next((order for order in named if order[0] in known), None):
                orders.setdefault(*known_order)
                at = end
                break
        else:
            return [], ",".join(parts[at:])[:LONGEST_SHOWN]
    return list(orders.items()), ""


def columns(pairs: Iterable[tuple[str, str]], own: Collection[str]) -> dict[str, list[str]]:
    """What an address asks of columns: every parameter that is not one of its own, by column.

    An empty one asks for nothing: a form sends all of its inputs.
    """
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in own or not value.strip():
            continue
        # A form sends every end of a line as two characters, whatever the catalogue has.
        column, text = (part.replace("\r\n", "\n") for part in (name.removeprefix(PREFIX), value))
        values.setdefault(column, []).append(text)
    return values
