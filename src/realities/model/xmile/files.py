"""The files one model is made of: its own, those it includes, and those its modules lie in.

In comes the outermost element of the file that is read; out come the models of a name, and what all
files say together: dimensions, units, macros, defaults. A model is untrusted input: only files inside its
folder are opened, each once, and nothing is fetched. `read.py` and `modules.py` ask for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from realities.errors import Findings
from realities.model import syntax
from realities.model.arrays import name_key
from realities.model.tables.library import open_library
from realities.model.tables.sheets import TableError
from realities.model.xmile.brackets import Axis, axes_of
from realities.model.xmile.markup import Element, read_markup
from realities.model.xmile.specs import read_dimensions
from realities.model.xmile.terms import written_name
from realities.source import SourceText, encoding_of

#: Bounds on what one model can have opened.
LARGEST_FILE = 64_000_000
MOST_FILES = 500


@dataclass(slots=True, eq=False)
class File:
    """One file: its outermost element, its models by key of their names, and the one without a name."""

    root: Element
    models: dict[str, Element]
    main: Element | None

    @property
    def is_only_defaults(self) -> bool:
        """Whether the file holds defaults and nothing they could be meant for."""
        return self.root.first("model", "macro") is None


@dataclass(slots=True)
class Files:
    """Every file of a model, opened as it is asked for."""

    findings: Findings
    own: File
    dimensions: list[syntax.DimensionDef] = field(default_factory=list)
    axes: dict[str, Axis] = field(default_factory=dict)
    files: dict[Path, File] = field(default_factory=dict)
    by_source: dict[int, File] = field(default_factory=dict)
    includes: list[File] = field(default_factory=list)

    def all(self) -> Iterator[File]:
        """Yield every file that has been opened, the model's own first."""
        yield self.own
        yield from (file for file in self.files.values() if file is not self.own)

    def model_of(self, module: Element) -> Element | None:
        """Return the model that a module holds, or None with a finding."""
        name = _name(module)
        file = self.by_source.get(id(module.source), self.own)
        if "resource" in module.attributes:
            other = self.open(module, "resource")
            return None if other is None else self._in(other, name, module)
        found = file.models.get(name_key(name))
        for included in self.includes:
            found = found or included.models.get(name_key(name))
        if found is None:
            message = f'no model of this file is named "{name}", as this module is'
            self.findings.error("unknown-name", message, module.attribute_span("name"))
            return None
        if "resource" in found.attributes:
            other = self.open(found, "resource")
            return None if other is None else self._in(other, name, found)
        return found

    def _in(self, file: File, name: str, place: Element) -> Element | None:
        """Return the model of another file that a module holds: of its name, or else the unnamed one."""
        found = file.models.get(name_key(name)) or file.main
        if found is None:
            message = f'"{file.root.source.name}" holds no model'
            self.findings.error("unknown-name", message, place.attribute_span("resource"))
        return found

    def defaults_of(self, model: Element) -> list[Element | None]:
        """Return the blocks of defaults that hold for a model, the nearest first."""
        file = self.by_source.get(id(model.source), self.own)
        included = [one.root.first("behavior") for one in self.includes if one.is_only_defaults]
        return [model.first("behavior"), file.root.first("behavior"), *included]

    def open(self, element: Element, attribute: str) -> File | None:
        """Return the file that an attribute names, or None with a finding."""
        reference = element.attributes.get(attribute, "").strip()
        place = element.attribute_span(attribute)
        if "://" in reference:
            message = f'"{reference}" is not read: only files inside the folder of this model are'
            self.findings.error("unsupported-function", message, place, "put a copy beside the model")
            return None
        try:
            path = open_library(element.source, {}).find(reference).resolve()
            inside = Path(self.own.root.source.name).parent.resolve()
            if not path.is_relative_to(inside):
                raise TableError("outside-folder", f'"{reference}" leads out of the folder of this model')
            if path.stat().st_size > LARGEST_FILE or len(self.files) > MOST_FILES:
                raise TableError("too-large", f'"{reference}" is too large, or one file too many')
            if path not in self.files:
                content = path.read_bytes()
                text = content.decode(encoding_of(content), errors="replace")
                shown = str(Path(element.source.name).parent / reference)
                source = SourceText(shown, text.replace("\r\n", "\n").replace("\r", "\n"))
                root = read_markup(source, self.findings)
                if root is None:
                    return None
                self.files[path] = file_of(root)
                self.enter(self.files[path])
        except (OSError, TableError) as error:
            code = error.code if isinstance(error, TableError) else "missing-file"
            self.findings.error(code, str(error), place)
            return None
        return self.files[path]

    def enter(self, file: File) -> None:
        """Take in a file: its dimensions, and the files that it includes."""
        root = file.root
        self.by_source[id(root.source)] = file
        for definition in read_dimensions(root, self.findings):
            key = name_key(definition.name)
            (axis,) = axes_of([definition]).values()
            if key not in self.axes:
                self.axes[key] = axis
                self.dimensions.append(definition)
            elif self.axes[key].elements != axis.elements:
                message = f'the dimension "{definition.name}" is defined twice, with other elements'
                self.findings.error("duplicate-name", message, definition.span)
        header = root.first("header")
        for block in () if header is None else header.all("includes"):
            for include in block.all("include"):
                included = self.open(include, "resource")
                if included is not None and included not in self.includes:
                    self.includes.append(included)


def open_files(root: Element, findings: Findings) -> Files:
    """Return the files of a model, its own and those it includes."""
    files = Files(findings, file_of(root))
    files.files[Path(root.source.name).resolve()] = files.own
    files.enter(files.own)
    return files


def file_of(root: Element) -> File:
    """Return one file; a single model is the main one, whatever its name."""
    models = list(root.all("model"))
    named = {name_key(_name(model)): model for model in models if _name(model)}
    unnamed = next((model for model in models if not _name(model)), None)
    return File(root, named, unnamed or next(iter(models), None))


def _name(element: Element) -> str:
    return written_name(element.attributes.get("name", ""))
