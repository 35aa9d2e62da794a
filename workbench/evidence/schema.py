"""The tables' schema, read from ``evidence/datapackage.json`` (a Data Package with Table Schemas)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.errors import Problem, nearest
from workbench.evidence.workspace import FOLDER, PACKAGE

KINDS = ("string", "integer", "number", "boolean", "date")
FILE = f"{FOLDER}/{PACKAGE}"


@dataclass(frozen=True)
class Field:
    """One column: its type and constraints, as the Table Schema states them.

    Attributes
    ----------
    name, kind, description, unit : str
        ``kind`` is one of ``KINDS``; ``unit`` is empty where none is stated.
    required, unique : bool
        Constraints of the same names.
    enum : tuple of str
        Allowed values; empty if any value is allowed.
    pattern : str
        Regular expression that the whole value must match; empty if none.
    minimum, maximum : float or None
        Inclusive limits.
    true_values, false_values : tuple of str
        How a boolean is written.
    """

    name: str
    kind: str = "string"
    description: str = ""
    unit: str = ""
    required: bool = False
    unique: bool = False
    enum: tuple[str, ...] = ()
    pattern: str = ""
    minimum: float | None = None
    maximum: float | None = None
    true_values: tuple[str, ...] = ("true",)
    false_values: tuple[str, ...] = ("false",)


@dataclass(frozen=True)
class ForeignKey:
    """Columns of one table whose values must stand in columns of another."""

    fields: tuple[str, ...]
    resource: str
    reference: tuple[str, ...]


@dataclass(frozen=True)
class Resource:
    """One table of the package: name, file, columns and keys."""

    name: str
    path: str
    title: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    missing: tuple[str, ...] = ("",)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(field.name for field in self.fields)


@dataclass(frozen=True)
class Package:
    """The whole schema: title, licence and resources in order."""

    title: str
    licence: str
    resources: tuple[Resource, ...]

    def __getitem__(self, name: str) -> Resource:
        return {resource.name: resource for resource in self.resources}[name]


class _Malformed(Exception):
    """A statement of the schema that cannot be read; becomes one problem."""


def read_package(root: Path) -> tuple[Package | None, list[Problem]]:
    """Read ``evidence/datapackage.json`` of a workspace.

    Parameters
    ----------
    root : pathlib.Path
        The workspace.

    Returns
    -------
    Package or None
        None if the file cannot be used.
    list of Problem
        At most one problem: nothing can be checked against a broken schema.
    """
    try:
        text = (root / FOLDER / PACKAGE).read_bytes().decode("utf-8-sig")
        return _package(json.loads(text)), []
    except OSError as error:
        problem = Problem(FILE, 0, value=(error.strerror or str(error)).lower(), rule="the file must be readable",
                          way_out="check the file and its permissions")
    except UnicodeDecodeError as error:
        problem = Problem(FILE, 0, value=f"byte 0x{error.object[error.start]:02x}", rule="must be UTF-8 text",
                          way_out="save the file as UTF-8")
    except json.JSONDecodeError as error:
        problem = Problem(FILE, error.lineno, value=error.msg, rule="must be valid JSON",
                          way_out=f"look at column {error.colno} of that line and just before it")
    except _Malformed as error:
        problem = Problem(FILE, 0, value=str(error), rule="must be a Data Package with a Table Schema per resource",
                          way_out="compare with the file that `workbench new` writes")
    return None, [problem]


def _package(stated: Any) -> Package:
    listed = _of(stated, "the file", dict).get("resources")
    resources = tuple(_resource(entry) for entry in _of(listed, "'resources'", list))
    package = Package(
        title=str(stated.get("title", "Evidence tables")),
        licence=", ".join(str(each.get("title") or each.get("name")) for each in stated.get("licenses", ())),
        resources=resources,
    )
    _unique([resource.name for resource in resources], "resource")
    _check_keys(package)
    return package


def _resource(stated: Any) -> Resource:
    stated = _of(stated, "a resource", dict)
    name = _of(stated.get("name"), "a resource's 'name'", str)
    path = _of(stated.get("path"), f"the 'path' of resource {name!r}", str)
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise _Malformed(f"the path {path!r} of resource {name!r} leads outside the evidence folder")
    schema = _of(stated.get("schema"), f"the 'schema' of resource {name!r}", dict)
    fields = tuple(_field(entry, name) for entry in _of(schema.get("fields"), f"the 'fields' of {name!r}", list))
    _unique([field.name for field in fields], f"column of {name!r}")
    return Resource(
        name=name, path=path, title=str(stated.get("title", name)), fields=fields, key=_names(schema.get("primaryKey", ())),
        foreign_keys=tuple(_foreign_key(entry, name) for entry in schema.get("foreignKeys", ())),
        missing=tuple(schema.get("missingValues", ("",))),
    )


def _field(stated: Any, resource: str) -> Field:
    stated = _of(stated, f"a field of {resource!r}", dict)
    name = _of(stated.get("name"), f"a field's 'name' in {resource!r}", str)
    kind = stated.get("type", "string")
    if kind not in KINDS:
        raise _Malformed(f"column {name!r} of {resource!r} has the type {kind!r}; known types are {', '.join(KINDS)}")
    limits: Mapping[str, Any] = stated.get("constraints", {})
    unknown = set(limits) - {"required", "unique", "enum", "pattern", "minimum", "maximum"}
    if unknown:
        raise _Malformed(f"column {name!r} of {resource!r} has the unknown constraint {min(unknown)!r}")
    return Field(
        name=name, kind=kind, description=str(stated.get("description", "")), unit=str(stated.get("unit", "")),
        required=bool(limits.get("required")), unique=bool(limits.get("unique")), enum=tuple(limits.get("enum", ())),
        pattern=limits.get("pattern", ""), minimum=limits.get("minimum"), maximum=limits.get("maximum"),
        true_values=tuple(stated.get("trueValues", ("true", "True", "TRUE", "1"))),
        false_values=tuple(stated.get("falseValues", ("false", "False", "FALSE", "0"))),
    )


def _foreign_key(stated: Any, resource: str) -> ForeignKey:
    stated = _of(stated, f"a foreign key of {resource!r}", dict)
    reference = _of(stated.get("reference"), f"the 'reference' of a foreign key of {resource!r}", dict)
    # An empty resource name means the table itself (Table Schema v1).
    return ForeignKey(_names(stated.get("fields")), reference.get("resource") or resource, _names(reference.get("fields")))


def _check_keys(package: Package) -> None:
    tables = {resource.name: resource for resource in package.resources}
    for resource in package.resources:
        for column in resource.key:
            _known(column, resource)
        for key in resource.foreign_keys:
            if key.resource not in tables:
                raise _Malformed(f"a foreign key of {resource.name!r} points to {key.resource!r}, which is no resource; "
                                 f"{nearest(key.resource, tables)}".rstrip("; "))
            for column in key.fields:
                _known(column, resource)
            for column in key.reference:
                _known(column, tables[key.resource])


def _known(column: str, resource: Resource) -> None:
    if column not in resource.names:
        raise _Malformed(f"a key names the column {column!r}, which {resource.name!r} does not have")


def _unique(names: list[str], what: str) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise _Malformed(f"the {what} {min(twice)!r} is stated twice")


def _names(stated: Any) -> tuple[str, ...]:
    return (stated,) if isinstance(stated, str) else tuple(stated or ())


def _of(stated: Any, what: str, kind: type) -> Any:
    if not isinstance(stated, kind):
        words = {dict: "an object", list: "a list", str: "a text"}[kind]
        raise _Malformed(f"{what} must be {words}")
    return stated
