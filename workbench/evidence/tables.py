"""Rows and tables: typed, frozen, and able to say where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from workbench.errors import UsageError, nearest
from workbench.evidence.schema import Field

if TYPE_CHECKING:
    import pandas

V = TypeVar("V")
Key = Any


class FrozenMapping(Mapping[str, V]):
    """A read-only mapping that can be pickled (unlike ``types.MappingProxyType``)."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, V]):
        object.__setattr__(self, "_items", dict(items))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("this mapping is frozen")

    def __reduce__(self) -> tuple:
        return type(self), (self._items,)

    def __getitem__(self, name: str) -> V:
        return self._items[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self._items)})"


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Row(Mapping[str, Any]):
    """One row: a frozen mapping from column to typed value.

    Attributes
    ----------
    table : str
        Name of its table.
    line : int
        1-based line of the CSV file on which the row begins.
    key : str, int or tuple
        Value of the primary key; a tuple where the key has several columns.
    unread : frozenset of str
        Columns whose cell broke a rule; their value here is None. Empty in a loaded evidence base.

    Notes
    -----
    A missing value is None. Two rows are equal if they hold the same values of the same table, wherever they stand.
    """

    table: str
    line: int
    key: Key
    _values: dict[str, Any] = field(repr=False)
    unread: frozenset[str] = frozenset()

    def __getitem__(self, column: str) -> Any:
        try:
            return self._values[column]
        except KeyError:
            hint = nearest(column, self._values)
            raise KeyError(f"{self.table} has no column {column!r}" + (f"; {hint}" if hint else "")) from None

    def __contains__(self, column: object) -> bool:
        return column in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Row):
            return NotImplemented
        return self.table == other.table and self._values == other._values

    def __hash__(self) -> int:
        return hash((self.table, self.key))

    def __repr__(self) -> str:
        held = ", ".join(f"{name}={value!r}" for name, value in self._values.items() if value is not None)
        return f"Row({self.table} line {self.line}: {held})"


@dataclass(frozen=True, repr=False)
class Table:
    """One table of the evidence base.

    Attributes
    ----------
    name : str
        Name of the resource, e.g. ``effects``.
    file : str
        Path relative to the workspace, e.g. ``evidence/effects.csv``.
    fields : tuple of Field
        Columns in order, with type and constraints.
    key_fields : tuple of str
        Columns of the primary key.
    rows : tuple of Row
        In file order.
    """

    name: str
    file: str
    fields: tuple[Field, ...]
    key_fields: tuple[str, ...]
    rows: tuple[Row, ...]

    @cached_property
    def _by_key(self) -> dict[Key, Row]:
        return {row.key: row for row in self.rows}

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(each.name for each in self.fields)

    def __getitem__(self, key: Key) -> Row:
        try:
            return self._by_key[key]
        except KeyError:
            known = {str(each): each for each in self._by_key}
            hint = nearest(str(key), known)
            raise UsageError(f"{self.file} has no row {key!r}" + (f"; {hint}" if hint else "")) from None

    def get(self, key: Key, default: Any = None) -> Row | Any:
        """Return the row with this primary key, or ``default``."""
        return self._by_key.get(key, default)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, **wanted: Any) -> tuple[Row, ...]:
        """Return the rows whose columns equal the values given, in file order.

        Parameters
        ----------
        **wanted
            Column and value; None finds missing values.

        Raises
        ------
        UsageError
            If a column does not exist.
        """
        for column in wanted:
            if column not in self.columns:
                hint = nearest(column, self.columns)
                raise UsageError(f"{self.file} has no column {column!r}" + (f"; {hint}" if hint else ""))
        return tuple(row for row in self.rows if all(row[column] == value for column, value in wanted.items()))

    def frame(self) -> pandas.DataFrame:
        """Return the table as a data frame, one column per field, in file order.

        Returns
        -------
        pandas.DataFrame
            Numbers as float64, whole numbers as Int64, booleans as boolean, dates as datetime64, text as object with None.
        """
        import pandas

        kinds = {"number": "float64", "integer": "Int64", "boolean": "boolean", "string": "object"}
        columns = {}
        for each in self.fields:
            values = [row[each.name] for row in self.rows]
            columns[each.name] = (
                pandas.to_datetime(pandas.Series(values, dtype="object")) if each.kind == "date"
                else pandas.Series(values, dtype=kinds[each.kind])
            )
        return pandas.DataFrame(columns)

    def __repr__(self) -> str:
        return f"Table({self.name}: {len(self.rows)} rows, {len(self.fields)} columns, {self.file})"
