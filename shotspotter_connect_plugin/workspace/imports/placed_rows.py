"""One file of events on its way into a table: its columns recognised, filtered, parsed; rows that cannot be used."""
from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast import crs as systems
from ...forecast.instants import NAT
from ...forecast.shifts import check_timezone
from ...progress import SILENT
from . import block_names, coordinate_systems, coordinates, privacy, source_times, time_texts, utc_offsets
from .arrest_files import refuse_arrests
from .cell_texts import plain_code, says_nothing
from .column_meanings import check_needed, find_columns, find_points, leave_labels, pairs_of
from .date_order import AmbiguousDates, with_date_order
from .default_places import DefaultPlace, PointCounts, default_places
from .earlier_alerts import complete_messages
from .file_moments import PARTS_OF_MOMENTS
from .file_moments import ROLES as MOMENT_ROLES
from .file_moments import FileMoments, TimeEvidence
from .import_result import ImportResult
from .occurrence_columns import OCCURRENCE, ONLY_BEFORE, find_occurrence, left_aside
from .offence_columns import bare_number, choose_offence_columns, more_dispositions, supplements
from .one_crime_type import type_of_all
from .placed_chunks import ChunkDigest, PlacedRows
from .position_texts import Positions, read_positions
from .readers import FIRST_ROWS, first_rows, open_source, read_rows
from .rejected_rows import RejectedRows
from .row_source import FAULTS, POSITION_COLUMNS, NoRows, faults, with_empty_lines
from .source_questions import recall

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ...forecast.arrays import Bools, Floats, Objects
    from ...progress import Progress
    from ..store.workspace import Counts, Workspace
    from .import_frames import FileRows
    from .position_texts import Pair
    from .source_questions import SourceOptions

_SHORTENED_ID = re.compile(r"\d([.,]\d+)?E\+\d{1,3}", re.I)
"""What Excel shows of a long number, and saves of it as CSV."""
_WORDS_TOLD, _LONGEST_WORD, _LONGEST_SENTENCE = 8, 40, 300


@dataclass
class _Evidence:
    """What the whole file is judged by, from one digest: where that starts in the temporary file, forms of its arrays,
    its rows, those up to the last that is not blank, whether any has a place; samples and counts of places by columns,
    texts by role; what its times tell; hashes of the ids; what to tell with its count."""

    start: int
    forms: list[tuple[Any, tuple[int, ...]]]
    rows: int
    filled: int
    placed: bool
    places: dict[Pair, Positions]
    points: dict[Pair, PointCounts]
    texts: dict[str, Objects]
    times: TimeEvidence
    ids: NDArray[np.uint64]
    notes: dict[str, int]


class PlacedFile:
    """A file on its way in: read once, chunk by chunk, judged as a whole, given out chunk by chunk.

    Digests of the chunks wait in a temporary file, so that files larger than memory can be read; 8 bytes a row, for the
    numbers of incidents, stay in memory.

    Parameters
    ----------
    table
        ``incidents`` or ``gunfire``.
    path
        As :func:`~.incident_import.import_incidents` takes it.
    options : SourceOptions

    Attributes
    ----------
    crime_type : str
        Type of all rows of a file of incidents, where the user says it because no column does; else empty.
    answers : SourceAnswers
        What is said of it, now or earlier; kept with the import.
    """

    def __init__(self, workspace: Workspace, table: str, path: Union[str, Path], options: SourceOptions,
                 progress: Progress) -> None:
        self.table, self.source = table, open_source(path, table)
        if table == "gunfire":
            complete_messages(workspace, self.source)
        self.area, self.rejects = coordinates.JurisdictionArea(workspace), RejectedRows()
        self.warnings: list[str] = []
        self._tallies: Counter[str] = Counter()
        self._words: dict[str, Counter[str]] = {}
        self.answers = recall(workspace, table, self.source.columns, options, self.warnings)
        self.zone = check_timezone(self.answers.source_timezone or workspace.settings.timezone)
        self._zone_named, self._source_crs = bool(self.answers.source_timezone), self.answers.source_crs
        self.mapping = find_columns(self.source.columns, table, self.answers.mapping, self.warnings)
        self.dates_aside = self._find_occurrence(progress) if table == "incidents" else []
        leave_labels(self.source, self.mapping, self.answers.mapping, SILENT)
        find_points(self.source, table, self.mapping, self.answers.mapping, SILENT)
        self.code_systems = self._choose_offence() if table == "incidents" else ()
        if table == "gunfire":
            columns = [column for column in self.source.columns if not privacy.about_persons(column)]
            self.mapping.update(more_dispositions(first_rows(self.source, columns, SILENT)[columns], self.mapping,
                                                  self.answers.mapping, table))
        self.crime_type = type_of_all(workspace, self.source, self.mapping, self.answers.crime_type) \
            if table == "incidents" else ""
        self.answers = replace(self.answers, crime_type=self.crime_type)
        self._check_needed()
        self._moments = self._file_moments()
        self._pairs = pairs_of(self.source, self.mapping)
        placed = {column for pair in self._pairs for column in pair}
        self._texts = [role for role, column in self.mapping.items()
                       if not role.startswith(MOMENT_ROLES) and column not in placed]
        columns = list(dict.fromkeys(self.mapping.values()))
        self._file = tempfile.TemporaryFile()
        self._dates = AmbiguousDates()
        self._evidence = read_rows(self.source, columns, progress, self._digest)
        if self._moments.holds_ranges:
            self._part_ranges()
            self._evidence = read_rows(self.source, columns, progress, self._digest)
        self.warnings.extend(self.source.notes())
        self._judge(options.date_order)

    def __enter__(self) -> PlacedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    # Columns

    def _file_moments(self, ranged: bool = False) -> FileMoments:
        return FileMoments(self.mapping, self.zone, self._zone_named, self.table == "gunfire", ranged)

    def _part_ranges(self) -> None:
        """Read cells that hold two moments as the times between which an offence happened, and others of the column as
        when it did."""
        for part in ("", *PARTS_OF_MOMENTS):
            if "occurred_from" + part in self.mapping:
                self.mapping["occurred" + part] = self.mapping.pop("occurred_from" + part)
        self._moments, self._dates = self._file_moments(ranged=True), AmbiguousDates()
        self._file.seek(0)
        self._file.truncate()
        column = self.mapping["occurred"]
        self.warnings = [told for told in self.warnings if not (told.startswith(ONLY_BEFORE) and column in told)]
        self.warnings.append(f"Where column {column} holds two moments, the offence was taken to lie between them; "
                             "where it holds one, to have happened then. If another column tells it, name that in "
                             "MAPPING.")

    def _choose_offence(self) -> tuple[str, ...]:
        """Find the columns that tell the offence; gives the systems that codes can be of."""
        columns = [column for column in self.source.columns if not privacy.about_persons(column)]
        head = first_rows(self.source, columns, SILENT)[columns]
        refuse_arrests(self.source.name, self.source.columns, head)
        chosen = choose_offence_columns(head, self.mapping, self.answers.mapping)
        self.mapping = chosen.merged(self.mapping)
        self.warnings.extend(chosen.notes)
        self.mapping.update(more_dispositions(head, self.mapping, self.answers.mapping))
        self.mapping.update(supplements(head, self.mapping, self.answers.mapping))
        self.mapping.update(bare_number(head, self.mapping, self.answers.mapping))
        return chosen.systems

    def _find_occurrence(self, progress: Progress) -> list[str]:
        """Find by content when offences happened where no column is named so -> columns of dates left aside."""
        said = {role for role in self.answers.mapping if role.startswith(OCCURRENCE)}
        if said or set(OCCURRENCE) & set(self.mapping):
            return []
        rows = first_rows(self.source, self.source.columns, progress, FIRST_ROWS)
        find_occurrence(rows, self.mapping, self.warnings)
        return left_aside(rows, self.mapping)

    @property
    def dropped_columns(self) -> list[str]:
        """Columns of the source that nothing was kept of."""
        return self.source.unused(self.mapping)

    # Reading

    def _digest(self, chunk: FileRows) -> _Evidence:
        """Keep a chunk's digest in the temporary file and give the evidence in it."""
        chunk = with_empty_lines(chunk)
        positions = {pair: read_positions(chunk, pair) for pair in self._pairs}
        placed = np.zeros(len(chunk), dtype=bool)
        for column in {column for pair in self._pairs for column in pair}:
            filled = chunk[column].notna() if column in POSITION_COLUMNS else chunk[column] != ""
            placed |= filled.to_numpy()
        moments, clocks = self._moments.parse(chunk, self._dates)
        words = {role: _categorical(chunk[self.mapping[role]]) for role in self._texts}
        texts: dict[str, Objects] = {
            role: _sample(words[role].categories) for role in ("id", "block", "address") if role in words}
        written = [placed, *(parsed.written for parsed in moments.values()),
                   *((values.categories != "")[values.codes] for values in words.values())]
        fault = faults(chunk)
        blank = ~np.logical_or.reduce([*written, fault > 0])
        labels = words.pop("shift_label", None)
        ids, notes = self._plain(words)
        digest = ChunkDigest(chunk.index.to_numpy(), fault, blank, placed, positions, moments, clocks, words)
        start = self._file.seek(0, os.SEEK_END)
        forms = digest.save(self._file)
        self._form = digest
        # A layer has no blank lines, only features without anything.
        filled = len(chunk) if self.source.kind == "layer" else int(np.flatnonzero(~blank).max(initial=-1)) + 1
        return _Evidence(
            start, forms, len(chunk), filled, bool(placed.any()),
            {pair: coordinate_systems.sample_positions(places) for pair, places in positions.items()},
            {pair: PointCounts.of(places) for pair, places in positions.items()}, texts,
            self._moments.evidence(moments, clocks, labels), ids, notes)

    def _plain(self, words: dict[str, pd.Categorical]) -> tuple[NDArray[np.uint64], dict[str, int]]:
        """Bring ids and blocks into their form; gives the hashes of the ids, and what to tell with its count."""
        ids, notes = np.zeros(0, dtype=np.uint64), {}
        if "id" in words:
            if not all(map(str.isdecimal, words["id"].categories)):  # plain numbers are neither blank nor contacts
                short = np.array([bool(_SHORTENED_ID.fullmatch(name)) for name in words["id"].categories], dtype=bool)
                notes["{} numbers in column " + self.mapping["id"] + " were shortened by Excel, as 2.30E+09, and are "
                      "lost; ids were made of time and place. Export the column as text."] = int(
                          short[words["id"].codes].sum())
                names, hidden = privacy.without_contacts(words["id"].categories.map(_plain_id))
                words["id"] = _with_categories(words["id"], names)
                notes["{} ids in column " + self.mapping["id"] + " look like contacts of persons and were "
                      "replaced."] = hidden
            names = words["id"].categories
            ids = pd.util.hash_array(names.to_numpy(object))[words["id"].codes]
            ids = ids[(names != "")[words["id"].codes]]
        for role in {"block", "address"} & set(words):
            column = self.mapping[role]
            texts, hidden = privacy.without_contacts(words[role].categories)
            names, houses = block_names.normalise(texts)
            words[role] = _with_categories(words[role], np.where(pd.isna(names), "", names))
            notes["{} values of column " + column + " look like contacts of persons and were dropped."] = hidden
            notes["House numbers in column " + column + " were coarsened to their block."] = houses
        return ids, notes

    def tally(self, sentence: str, count: int) -> None:
        """Count rows for a warning; ``{}`` at its start is their number."""
        self._tallies[sentence] += int(count)

    def tell_unread_clocks(self, rows: PlacedRows) -> None:
        """Count the rows that cover their day because the time of day beside their date cannot be read."""
        for role, unread in rows.unread_clocks.items():
            column = self._moments.columns[role].beside_name
            self.tally(f"{{}} times of day in column {column} cannot be read; their rows cover the whole day.",
                       (unread & rows.kept).sum())

    def tell_words(self, sentence: str, words: pd.Categorical, rows: Union[Bools, pd.Series]) -> None:
        """Count the rows of each word for a warning: ``sentence`` with the commonest words and their counts at its end.

        Parameters
        ----------
        words : pandas.Categorical
            The word of each row.
        rows : array of bool
            Rows that count.
        """
        counts = np.bincount(words.codes[np.asarray(rows)], minlength=len(words.categories))
        self._words.setdefault(sentence, Counter()).update(
            {words.categories[code]: int(counts[code]) for code in np.flatnonzero(counts)})

    def _sentences_of_words(self) -> Iterator[str]:
        for sentence, counts in self._words.items():
            texts, _ = privacy.without_contacts([" ".join(word.split())[:_LONGEST_WORD] for word in counts])
            named: Counter[str] = Counter()
            for text, count in zip(texts, counts.values()):
                named[text] += count
            shown = [f"{word or '?'} ({count:,})" for word, count in named.most_common(_WORDS_TOLD)]
            while len(f"{sentence}: {', '.join(shown)}, 1,000 more.") > _LONGEST_SENTENCE and len(shown) > 1:
                shown.pop()
            if len(named) > len(shown):
                shown.append(f"{len(named) - len(shown):,} more")
            if shown:
                yield f"{sentence}: {', '.join(shown)}."

    # The file as a whole

    def _judge(self, date_order: str) -> None:
        evidence = self._evidence
        ends = np.cumsum([part.rows for part in evidence])
        filled = [end - part.rows + part.filled for part, end in zip(evidence, ends) if part.filled]
        if not filled:
            raise NoRows(f"{self.source.name} has no rows.")
        # Blank lines at the end of a text file are no rows.
        self.read = int(filled[-1])
        if not any(part.placed for part in evidence):
            pairs = " or ".join(" and ".join(pair) for pair in self._pairs)
            raise ConnectError(f"No row of {self.source.name} has coordinates in {pairs}.")
        for part in evidence:
            self._tallies.update(part.notes)
        times = TimeEvidence.total([part.times for part in evidence])
        self._drop_persons(evidence, times)
        columns = [self.mapping[role] for role in self._moments.columns if role in self.mapping]
        self.answers = with_date_order(self.answers, self.source, columns, date_order, self.warnings,
                                       dates=self._dates)
        self._readings = self._read_times(times)
        if not self._zone_named:
            self._check_names()
            if utc_offsets.ROLE in self.mapping:
                self._check_zone()
        ids = np.sort(np.concatenate([part.ids for part in evidence]))
        self._repeated = np.unique(ids[1:][ids[1:] == ids[:-1]])
        samples = {pair: Positions.join([part.places[pair] for part in evidence]) for pair in self._pairs}
        self.system = coordinate_systems.choose_system(self.area, samples, self._source_crs, self.source.crs)
        self.warnings.extend(self.system.told())
        self._defaults = self._default_places(evidence)
        for role, column in list(self.mapping.items()):
            if any(column in pair for pair in self._pairs) and column not in self.system.columns:
                del self.mapping[role]

    def _default_places(self, evidence: list[_Evidence]) -> list[DefaultPlace]:
        """The points that stand for many places, each told."""
        pair = self.system.columns
        counts = PointCounts.join([part.points[pair] for part in evidence])
        x, y, reason = coordinates.place_points(self.area, self.system, counts.positions(self.system.decimal_commas),
                                                np.ones(len(counts.x), dtype=bool), powers=False)
        texts = next((role for role in ("block", "address") if role in self.mapping), "")
        found = default_places(counts, reason == np.array(None), self.digests(), pair, texts,
                               "offence" if "offence" in self.mapping else "kind")
        for place in found:
            at = np.flatnonzero((counts.x == place.x) & (counts.y == place.y))[0]
            longitude, latitude = systems.change(self.area.crs, systems.DEGREES)(x[at], y[at])
            self.warnings.append(place.told(f"latitude {latitude:.5f}, longitude {longitude:.5f}"))
        return [place for place in found if place.clear]

    def _drop_persons(self, evidence: list[_Evidence], times: TimeEvidence) -> None:
        found = {role: privacy.values_about_persons(np.concatenate([part.texts[role] for part in evidence]))
                 for role in evidence[0].texts}
        for role, (known, old) in times.dates.items():
            if known and old > 0.3 * known:
                found[role] = "birth dates"
        for role, what in found.items():
            if what:
                self.warnings.append(f"The values of column {self.column_of(role)} look like {what} and were "
                                     "dropped.")
                self._moments.forget(role)
                for part in ("", *PARTS_OF_MOMENTS):
                    self.mapping.pop(role + part, None)
        self._check_needed()

    def _check_needed(self) -> None:
        check_needed(self.source, self.table, self.mapping, ("offence",) if self.crime_type else ())

    def _read_times(self, times: TimeEvidence) -> dict[str, source_times.TimeReading]:
        """role -> Reading of every role of moments."""
        if not any(times.dates[role][0] for role in self._moments.columns):
            names = " or ".join(map(self.column_of, self._moments.columns))
            raise ConnectError(f"No date in {names} of {self.source.name} can be read; check MAPPING, and write dates "
                               "as 2019-03-01 14:30.")
        self._moments.settle(times)
        return self._moments.read(self.digests(), self.digests(), times.labels, self.answers.date_order,
                                  self.warnings)

    def _check_names(self) -> None:
        """Raise a question where the name of a column says that its clocks are of another zone."""
        for role, columns in self._moments.columns.items():
            for column in (columns.name, columns.beside_name):
                said = utc_offsets.named_otherwise(column, self._readings[role].zone)
                if said and any((parsed.timed & ~parsed.offset).any() for parsed in (
                        self._moments.joined(digest)[role] for digest in self.digests())):
                    raise utc_offsets.ZoneContradicted(self.source.name, column, said, self.zone)

    def _check_zone(self) -> None:
        """Raise a question where a column says that the clocks are of another zone."""
        for digest in self.digests():
            for role, parsed in self._moments.joined(digest).items():
                if self._readings[role].zone != self.zone:
                    continue  # a column that says of itself that it is in UTC
                clock = time_texts.in_order(parsed, self.answers.date_order)
                offsets = digest.words[utc_offsets.ROLE]
                said = utc_offsets.contradicted(np.asarray(offsets.categories, dtype=object)[offsets.codes], clock,
                                                parsed.timed & ~parsed.offset, self._readings[role].zone)
                if said:
                    raise utc_offsets.ZoneContradicted(self.source.name, self.mapping[utc_offsets.ROLE], said,
                                                       self.zone)

    def column_of(self, role: str) -> str:
        """The column of a role, or all that tell it together, for messages."""
        return self._moments.name(role) or self.mapping.get(role, "")

    def is_repeated(self, ids: pd.Series) -> Bools:
        """Which ids come again somewhere in the file."""
        return np.isin(pd.util.hash_array(np.asarray(ids, dtype=object)), self._repeated)

    # Giving out

    def chunks(self, progress: Progress, whole: bool = False) -> Iterator[PlacedRows]:
        """Give :class:`PlacedRows`, chunk by chunk or the whole file at once; those that cannot be read are rejected.

        Raises
        ------
        ConnectError
            After the last chunk, when :meth:`locate` found no point in the jurisdiction.
        """
        done = self._located = 0
        for digest in [ChunkDigest.join(list(self.digests()))] if whole else self.digests():
            progress.report(done / self.read)
            spans = self._spans(digest)
            rows = PlacedRows(digest, spans, self._moments.unread_clocks(digest), self.rejects)
            # Blank lines at the end of a text file are no rows.
            rows.kept[self.read - done:] = False
            done += len(rows.lines)
            for number in range(1, len(FAULTS)):
                rows.reject(digest.faults == number, FAULTS[number], "")
            rows.reject(digest.blank, "an empty row", "")
            for role, span in spans.items():
                unread = span.written & (span.low == NAT)
                rows.reject(unread, "a date or time that cannot be read", self.column_of(role))
            yield rows
        if not self._located:
            raise ConnectError(coordinate_systems.no_point_inside(
                self.area, self.system, self._source_crs or self.source.crs))

    def _spans(self, digest: ChunkDigest) -> dict[str, source_times.TimeSpans]:
        return {role: source_times.time_spans(parsed, self._readings[role])
                for role, parsed in self._moments.joined(digest).items()}

    def spans(self) -> Iterator[dict[str, source_times.TimeSpans]]:
        """role -> spans of all rows, chunk by chunk, without giving the rows out."""
        return map(self._spans, self.digests())

    def knows_all_times(self) -> bool:
        """Whether no row tells its report only, as far as counts of dates show."""
        return self._moments.known_occurrences >= self._moments.known_reports

    def tell_first(self, sentence: str) -> None:
        """Put a warning before all others."""
        self.warnings.insert(0, sentence)

    def digests(self) -> Iterator[ChunkDigest]:
        """What is kept of each chunk."""
        for part in self._evidence:
            self._file.seek(part.start)
            yield self._form.load(self._file, part.forms)

    def locate(self, rows: PlacedRows) -> tuple[Floats, Floats]:
        """x and y of rows in the workspace's CRS; rows without a place or outside the jurisdiction are rejected."""
        positions = rows.positions[self.system.columns]
        x, y, reason = coordinates.place_points(self.area, self.system, positions, rows.placed)
        self._located += int((reason == np.array(None)).sum())
        for why in coordinates.REASONS:
            rows.reject(reason == why, why, " and ".join(self.system.columns))
        for place in self._defaults:
            rows.reject(place.at(positions), place.reason, " and ".join(self.system.columns))
        return x, y

    def words(self, rows: PlacedRows, role: str) -> Optional[pd.Categorical]:
        """Texts of a role as a categorical; None where the source has no such column or it was dropped."""
        return rows.words.get(role) if role in self.mapping else None

    def dispositions(self, rows: PlacedRows) -> Iterator[tuple[str, pd.Categorical]]:
        """(column, its texts) of every column that says what came of an incident or an alert."""
        for role in [role for role in self.mapping if role.startswith("disposition")]:
            yield self.mapping[role], rows.words[role]

    def texts(self, rows: PlacedRows, role: str) -> Objects:
        """The same as an object array, empty texts where there is none."""
        words = self.words(rows, role)
        if words is None:
            return np.full(len(rows.lines), "", dtype=object)
        return words.categories.to_numpy(object)[words.codes]

    def result(self, workspace: Workspace, counts: Counts, rejects: Path) -> ImportResult:
        """Write the rejects and sum up."""
        if self.system.share < 0.5:
            self.warnings.append(f"Only {self.system.share:.0%} of the points fall into the jurisdiction when "
                                 f"{' and '.join(self.system.columns)} are read as {self.system.crs}; "
                                 "check SOURCE_CRS.")
        self.warnings.extend(sentence.replace("{}", f"{count:,}", 1) if sentence.startswith("{}") else sentence
                             for sentence, count in self._tallies.items() if count)
        self.warnings.extend(self._sentences_of_words())
        return ImportResult(
            read=self.read, added=counts.added, updated=counts.updated, rejected=len(self.rejects),
            unchanged=self.read - counts.added - counts.updated - len(self.rejects),
            dropped_columns=self.dropped_columns, warnings=self.warnings, mapping=dict(self.mapping),
            reasons=dict(self.rejects.reasons.most_common()), rejects=self.rejects.write(rejects),
            source_crs=self.system.crs, crs=workspace.settings.crs, timezone=self.zone, answers=self.answers)


def _categorical(texts: pd.Series) -> pd.Categorical:
    """Texts without blanks around them; the categories are not sorted, which would take long for ids."""
    codes, unique = pd.factorize(texts.to_numpy(object))
    return _with_categories(pd.Categorical.from_codes(codes, unique),
                            [text.strip().replace("\0", "") for text in unique])


def _with_categories(words: pd.Categorical, names: Union[Sequence[str], Objects]) -> pd.Categorical:
    """The same rows with other texts, of which several may be alike."""
    codes, unique = pd.factorize(np.asarray(names, dtype=object))
    return pd.Categorical.from_codes(codes[words.codes], pd.Index(unique, dtype=object))


def _plain_id(name: str) -> str:
    """An id as text; spreadsheets make 17187047.0 of 17187047, and #REF! or 2.3E+09 of what they lost."""
    return "" if says_nothing(name) or _SHORTENED_ID.fullmatch(name) else plain_code(name)


def _sample(texts: pd.Index) -> Objects:
    """Up to 1,000 of a chunk's distinct texts, evenly taken."""
    return np.asarray(texts, dtype=object)[np.linspace(0, len(texts) - 1, min(len(texts), 1000)).astype(int)]
