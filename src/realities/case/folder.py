"""A case: everything a folder says, read and cross-checked.

In comes a folder or a bundled case's name; out comes one frozen `Case` (`case.py`). Reading goes file by file
and gathers every finding before it gives up, so that a user sees all problems together. Next is
`ensemble.py`, which runs a case's model, and `weigh/`, which weighs its accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Final, TypeVar

from realities.case import check, files, hidden
from realities.case.accounts import Account, Assumption, Constants, parse_account, parse_common
from realities.case.alike import looks_copied, said_twice
from realities.case.calendar import Calendar
from realities.case.case import Case as Case
from realities.case.claims import Claim, check_interventions, parse_claims
from realities.case.counted import check_counts
from realities.case.events import parse_events
from realities.case.hidden import ParsedModel
from realities.case.identified import check_spoken
from realities.case.located import Located
from realities.case.measures import Measure, parse_measures
from realities.case.network_file import parse_network
from realities.case.observations import Record, parse_observations
from realities.case.schema import CADENCES, CASE, Cadence
from realities.case.shapes import conforms
from realities.case.sources import Source, check_keys, parse_sources
from realities.case.toml_text import parse_toml
from realities.errors import Diagnostic, Findings, InputError, UnreadableError, did_you_mean, meant_or_there
from realities.ir.model import Model
from realities.source import SourceText, Span

#: Where the cases that come with the package are.
BUNDLED: Final = Path(__file__).resolve().parents[1] / "cases"

DEFAULT_DRAWS: Final = 20_000
DEFAULT_SEED: Final = 1

_Read = TypeVar("_Read")


def load_case(name_or_path: str | Path) -> Case:
    """Return the case in a folder, or a bundled case by its name.

    Raises
    ------
    InputError
        If anything in the case is wrong, with every finding. What is wrong with single rows of
        observations and with events waits in `late_findings` until a run needs them.
    UnreadableError
        If there is no such case, or a file of it is missing or cannot be read.
    """
    return _Reading(find_case(name_or_path)).case()


def bundled_cases() -> list[tuple[str, str]]:
    """Return the name and title of every case that comes with the package, by name."""
    found = []
    for path in sorted(BUNDLED.glob("*/case.toml")) if BUNDLED.is_dir() else ():
        located = parse_toml(files.read_text(path.parent, path.name), Findings())
        title = located.get("case", "title") if located is not None else None
        found.append((path.parent.name, str(title or path.parent.name)))
    return found


def find_case(name_or_path: str | Path) -> Path:
    """Return the folder of a case; `UnreadableError` if there is none.

    A folder with a `case.toml` comes before a bundled case of the same name.
    """
    name = str(name_or_path)
    path = Path(name)
    if path.name == "case.toml" and path.is_file():
        return path.parent
    is_folder = _is_folder(path)
    if is_folder and (path / "case.toml").is_file():
        return path
    bundled = [found for found, _ in bundled_cases()]
    if name in bundled:
        return BUNDLED / name
    if is_folder:
        return path
    place = SourceText(name[:200] or '""', "").span(0, 0)
    message = f'"{name[:200]}" is neither a case folder nor the name of a bundled case'
    known = f"the bundled cases are {', '.join(bundled)}" if bundled else ""
    hints = tuple(filter(None, (_of_file(path), did_you_mean(name, bundled), known)))
    raise UnreadableError(Diagnostic("error", "unknown-case", message, place, hints))


def _of_file(path: Path) -> str:
    """Return what to do with the path of a file where a case was asked for, or an empty string."""
    try:
        is_file, is_part = path.is_file(), (path.parent / "case.toml").is_file()
    except (OSError, ValueError):
        return ""
    if is_file and is_part:
        return f"this is a file of a case: name its folder, {path.parent.as_posix()}"
    runs = f"a model alone, without a case, runs by: realities simulate {path.name}"
    return runs if is_file and path.suffix.lower() in (".mdl", ".xmile", ".stmx") else ""


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


@dataclass
class _Reading:
    """One folder being read, file by file."""

    folder: Path
    findings: Findings = field(default_factory=Findings)
    is_unreadable: bool = False

    def case(self) -> Case:
        """Read everything, or raise with everything that is wrong."""
        head = self.toml("case.toml")
        if head is None or not conforms(head, CASE, self.findings):
            self.stop()
        assert head is not None
        parsed, model_path = self.parsed_model(head)
        bare = None if parsed is None else hidden.build_model(parsed, self.findings)
        n_known = len(self.findings.items)
        constants = Constants(bare)
        calendar = check.read_calendar(head, bare, self.findings)
        sources = self.parsed("sources.bib", parse_sources)
        ids = self.account_ids(head)
        accounts = self.accounts(head, ids, constants, sources)
        prior_weights = self.prior_weights(head, ids)
        common = self.common(constants, sources)
        measures, unread = self.measures(ids)
        claims = self.claims(calendar, ids, sources)
        events, late_events = parse_events(head, constants, sources, calendar)
        record = self.observations(measures, sources, calendar, unread)
        network = self.network(constants)
        known = self.findings.items[:n_known]
        model = None if parsed is None or bare is None else self.whole_model(parsed, measures, claims, known)
        late = (*record.late_findings, *late_events)
        if self.findings.errors:
            self.findings.extend(item for _, item in late)
            self.stop()
        assert model is not None
        days = [
            *filter(None, record.published),
            *(one.published for one in events),
            *(day for day, _ in late_events),
        ]
        return Case(
            id=self.folder.resolve().name,
            folder=self.folder,
            title=str(head.get("case", "title")).strip(),
            question=str(head.get("case", "question") or "").strip(),
            calendar=calendar,
            draws=_whole(head.get("run", "draws"), DEFAULT_DRAWS),
            seed=_whole(head.get("run", "seed"), DEFAULT_SEED),
            model=model,
            model_path=model_path,
            accounts=accounts,
            common=common,
            events=events,
            measures=measures or {},
            observations=record.observations,
            claims=claims,
            sources=sources or {},
            latest_published=max(days, default=calendar.finish),
            network=network,
            warnings=tuple(self.findings.warnings),
            late_findings=late,
            row_dates=record.published,
            report_dates=_days(head.get("report", "as_of")),
            timeline=_timeline(head.get("report", "timeline")),
            prior_weights=prior_weights,
        )

    def stop(self) -> None:
        """Raise what has been found."""
        kind = UnreadableError if self.is_unreadable else InputError
        raise kind(self.findings.items)

    def guarded(self, read: Callable[[], _Read]) -> _Read | None:
        """Return what `read` gives, or None with its findings."""
        try:
            return read()
        except InputError as problem:
            self.findings.extend(problem.diagnostics)
            self.is_unreadable |= isinstance(problem, UnreadableError)
            return None

    def text(self, relative: str, span: Span | None = None) -> SourceText | None:
        """Return a file's text, or None with a finding."""
        return self.guarded(lambda: files.read_text(self.folder, relative, span))

    def parsed(self, relative: str, parse: Callable[[SourceText, Findings], _Read]) -> _Read | None:
        """Return what a parser makes of a file, or None if the file cannot be read."""
        source = self.text(relative)
        return None if source is None else parse(source, self.findings)

    def toml(self, relative: str, span: Span | None = None) -> Located | None:
        """Return a TOML file's values and places, or None with a finding."""
        source = self.text(relative, span)
        return None if source is None else parse_toml(source, self.findings)

    def parsed_model(self, head: Located) -> tuple[ParsedModel | None, Path]:
        """Return what the model's file says, or None with findings, and the path of the file."""
        relative = str(head.get("case", "model"))
        where = head.value("case", "model")
        path = self.guarded(lambda: files.inside(self.folder, relative, where))
        if path is None:
            return None, self.folder
        return self.guarded(lambda: hidden.parse_model(path)), path

    def account_ids(self, head: Located) -> list[str]:
        """Return the accounts in display order: as listed, or by name where no list is given."""
        listed = head.get("case", "accounts")
        there = sorted(
            path.stem for path in (self.folder / "accounts").glob("*.toml") if path.stem != "common"
        )
        ids = list(map(str, listed)) if isinstance(listed, list) else there
        if not ids:
            place = SourceText(files.shown_name(self.folder, "accounts"), "").span(0, 0)
            self.findings.error("missing-file", "a case needs an account: accounts/NAME.toml", place)
            self.is_unreadable = True
        for index, account_id in enumerate(ids):
            where = head.value("case", "accounts", index)
            if account_id == "common":
                message = '"common" is what all accounts share, and none of them'
                self.findings.error("bad-value", message, where)
            elif account_id in ids[:index]:
                self.findings.error("duplicate-id", f'"{account_id}" is listed twice', where)
        ids = [self.account_there(head, index, one, there, ids) for index, one in enumerate(ids)]
        for account_id in there:
            if account_id not in ids:
                message = f"accounts/{account_id}.toml is not listed in case.toml, and not read"
                self.findings.warning("not-listed", message, head.value("case", "accounts"))
        return list(dict.fromkeys(ids))

    def account_there(
        self, head: Located, index: int, account_id: str, there: Collection[str], ids: Collection[str]
    ) -> str:
        """Return an id of the list, or, with an error, the file nearly so named that no other id names."""
        near = get_close_matches(account_id, [one for one in there if one not in ids], n=1, cutoff=0.75)
        if account_id in there or account_id == "common" or not near:
            return account_id
        message = f"there is no accounts/{account_id[:80]}.toml"
        where = head.value("case", "accounts", index)
        self.findings.error("missing-file", message, where, f'did you mean "{near[0]}"?')
        self.is_unreadable = True
        return near[0]

    def prior_weights(self, head: Located, ids: Sequence[str]) -> dict[str, float]:
        """Return the weights before any report that the case gives, by account."""
        given = head.get("weigh", "prior_weights")
        table = given if isinstance(given, dict) else {}
        found = {str(name): float(str(value)) for name, value in table.items()}
        for name in found:
            if name not in ids:
                where = head.value("weigh", "prior_weights", name)
                hint = meant_or_there(name, ids)
                self.findings.error("unknown-account", f'the case has no account "{name}"', where, hint)
        return found

    def accounts(
        self, head: Located, ids: Sequence[str], constants: Constants, sources: Mapping[str, Source] | None
    ) -> tuple[Account, ...]:
        """Return the accounts that can be read."""
        listed = head.get("case", "accounts")
        found: list[tuple[Account, Located]] = []
        for account_id in ids:
            index = listed.index(account_id) if isinstance(listed, list) and account_id in listed else -1
            where = head.value("case", "accounts", index) if index >= 0 else None
            located = self.toml(f"accounts/{account_id}.toml", where)
            account = (
                None if located is None else parse_account(located, account_id, constants, self.findings)
            )
            if account is not None and located is not None:
                found.append((account, located))
        check.check_accounts(found, sources, self.findings)
        return tuple(account for account, _ in found)

    def common(self, constants: Constants, sources: Mapping[str, Source] | None) -> dict[str, Assumption]:
        """Return what all accounts share; nothing where there is no such file."""
        path = self.folder / "accounts" / "common.toml"
        if not path.exists() and not path.is_symlink():
            return {}
        located = self.toml("accounts/common.toml")
        if located is None:
            return {}
        check_keys(str(located.get("source") or ""), located.value("source"), sources, self.findings)
        return parse_common(located, constants, self.findings)

    def measures(self, ids: Sequence[str]) -> tuple[dict[str, Measure] | None, set[str]]:
        """Return the measures, and the quantities whose measure cannot be read; None without a file."""
        located = self.toml("measures.toml")
        if located is None:
            return None, set()
        measures = parse_measures(located, ids, self.findings)
        check.check_measures(measures, self.findings)
        return measures, set(located.data) - set(measures)

    def claims(
        self, calendar: Calendar, ids: Sequence[str], sources: Mapping[str, Source] | None
    ) -> tuple[Claim, ...]:
        """Return the claims that can be read."""
        located = self.toml("claims.toml")
        if located is None:
            return ()
        return parse_claims(located, calendar, self.findings, accounts=ids, sources=sources)

    def observations(
        self,
        measures: Mapping[str, Measure] | None,
        sources: Mapping[str, Source] | None,
        calendar: Calendar,
        unread: Collection[str],
    ) -> Record:
        """Return the observations; without measures nothing says what they are of."""
        source = self.text("observations.csv")
        if source is None or measures is None:
            return Record()
        record = parse_observations(source, measures, sources, calendar, self.findings, unread=unread)
        rows, late = check_counts(measures, record.observations, calendar)
        check_spoken(measures, rows, self.findings)
        late += [*said_twice(measures, rows), *looks_copied(measures, rows)]
        return replace(record, observations=rows, late_findings=(*record.late_findings, *late))

    def network(self, constants: Constants) -> Mapping[str, object] | None:
        """Return the supply network, where the case has one."""
        path = self.folder / "network.geojson"
        if not path.exists() and not path.is_symlink():
            return None
        return self.parsed("network.geojson", lambda source, found: parse_network(source, found, constants))

    def whole_model(
        self,
        parsed: ParsedModel,
        measures: Mapping[str, Measure] | None,
        claims: Sequence[Claim],
        known: Sequence[Diagnostic],
    ) -> Model | None:
        """Return the model with the measures and the atoms of the claims among its variables."""
        extra = hidden.extra_equations(measures or {}, claims, self.findings)
        model = hidden.build_model(parsed, self.findings, extra, known=known)
        if model is None:
            return None
        check_interventions(claims, model, self.findings)
        return hidden.in_measure_units(model, measures or {}, self.findings)


def _days(value: object) -> tuple[date, ...]:
    """Return the dates of a list, ascending."""
    return tuple(sorted(day for day in value if isinstance(day, date))) if isinstance(value, list) else ()


def _timeline(value: object) -> Cadence | tuple[date, ...] | None:
    """Return how often a timeline has a date, or its dates; None where the case leaves that open."""
    return next((cadence for cadence in CADENCES if cadence == value), None) or _days(value) or None


def _whole(value: object, default: int) -> int:
    return int(value) if isinstance(value, (int, float)) else default
