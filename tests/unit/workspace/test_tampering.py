"""A file in which somebody has changed what they liked: the check never stumbles, and says what is wrong."""
import itertools
import json
import os
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pandas as pd
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_towns import new_town, square

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.patrol.adjustments import linked
from shotspotter_connect_plugin.workspace.steps.adjusting import adjust
from shotspotter_connect_plugin.workspace.steps.checking import check_workspace
from shotspotter_connect_plugin.workspace.steps.draw_proof import verify_draw
from shotspotter_connect_plugin.workspace.steps.shift_draw import meter
from shotspotter_connect_plugin.workspace.steps.shift_plan import publish
from shotspotter_connect_plugin.workspace.store import chain, file_check
from shotspotter_connect_plugin.workspace.store.runs import recorded
from shotspotter_connect_plugin.workspace.store.tables import TABLES
from shotspotter_connect_plugin.workspace.store.workspace import open_workspace

PAST = "2019-03-01"
COMING = str((pd.Timestamp.now(tz="UTC") + pd.Timedelta(days=3)).date())
RECORDS = ("draws", "draw_boxes", "commitments", "patrols", "adjustments")
FREE = {("patrols", "unit"), ("patrols", "crime_type"), ("patrols", "chance"), ("patrols", "chance_low"),
        ("patrols", "chance_high"), ("patrols", "published_utc"), ("patrols", "version")}
"""What no other record tells: to be empty, or another value of its type, is then not wrong in itself."""


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Path of a workspace in which everything is on record: four shifts, one of them drawn again, adjustments, runs."""
    path = tmp_path_factory.mktemp("made") / "w.gpkg"
    with new_town(path, square(0, 0, 8)) as workspace:
        ids = workspace.read("boxes", ["box_id"])["box_id"]
        for date in (PAST, COMING):
            for shift in ("day", "evening"):
                expected = np.random.default_rng(len(shift)).gamma(0.5, 0.02, len(ids))
                with workspace.transaction() as writer:
                    writer.append("forecasts", pd.DataFrame({
                        "shift_date": date, "shift": shift, "box_id": ids, "crime_type": "robbery",
                        "expected": expected, "low": expected / 2, "high": expected * 2}))
                with recorded(workspace, "connect:meter", {"DATE": date, "SHIFT": shift}) as run:
                    patrols = meter(workspace, date, shift).patrols
                    run.counts = {"drawn": 1, "patrols": len(patrols)}
                publish(workspace, date, [shift])
        with recorded(workspace, "connect:meter", {"REDRAW": True}) as run:
            plan = meter(workspace, PAST, "day", redraw=True, reason="a festival").patrols
            run.counts = {"drawn": 1, "patrols": len(plan)}
        for number, (action, box_id) in enumerate((("suppress", plan["box_id"].iloc[0]), ("undo", "")), 1):
            with recorded(workspace, "connect:adjust", {"ACTION": action}) as run:
                adjust(workspace, action, PAST, "day", box_id, reason="event")
                run.counts = {"adjustment": number}
        with workspace.transaction() as writer:
            writer.append("imports", pd.DataFrame([{"import_id": "1", "counts": {"read": 1}}]))
        assert check_workspace(workspace).ok, check_workspace(workspace).problems
    return path


@pytest.fixture
def tampered(made, tmp_path):
    """``tampered(statement, ...)``: a copy without its triggers, changed -> what the check says of it."""
    def tampered(*statements, keep_rules=False, seeds=True):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.gpkg"
        tamper(made, path, statements, keep_rules, seeds)
        with open_workspace(path) as workspace:
            checked = check_workspace(workspace)
        for problem in checked.problems:
            assert problem.endswith(".") and "\n" not in problem and len(problem) < 400, problem
        assert checked.ok == (not checked.problems)
        return said(checked, keep_rules)
    return tampered


def tamper(made, path, statements, keep_rules=False, seeds=True):
    shutil.copy(made, path)
    if seeds:
        shutil.copy(str(made) + ".seeds.json", str(path) + ".seeds.json")
    connection = sqlite3.connect(path)
    rules = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    connection.execute("BEGIN")  # else each rule that goes is written to the disk by itself
    for name, _ in rules:
        connection.execute(f'DROP TRIGGER "{name}"')
    for statement in statements:
        connection.execute(*([statement] if isinstance(statement, str) else statement))
    if keep_rules:  # somebody who knows how puts them back
        for _, sql in rules:
            connection.execute(sql)
    connection.commit()
    connection.close()


def said(checked, keep_rules):
    """All problems but those of the rules that the tampering took away."""
    problems = [problem for problem in checked.problems if "lost one of the rules" not in problem]
    assert keep_rules == (problems == checked.problems)
    return "\n".join(problems)


def test_nothing_is_wrong_with_an_honest_file(tampered):
    assert tampered(keep_rules=True) == "" and tampered() == ""


def test_what_is_written_as_always_is_not_looked_at_value_by_value(made, monkeypatch):
    """A week of a city has millions of them: SQLite tells at once that they are right."""
    looked_at = []
    monkeypatch.setattr(file_check, "_can_be", lambda column, value: looked_at.append((column.name, value)))
    with open_workspace(made) as workspace:
        assert workspace.faults() == [] and looked_at == []


# The attacks that the check has to find, each by somebody who puts the rules back.
ATTACKS = {
    "first draw removed": ([f"DELETE FROM {table} WHERE draw_id = '{PAST}.day.1'"
                            for table in ("draws", "draw_boxes", "patrols")],
                           ["draw 1 is not on record", "Table draws: 1 row was removed (number 1)"]),
    "first draw removed and the second renamed": (
        [f"DELETE FROM {table} WHERE draw_id = '{PAST}.day.1'" for table in ("draws", "draw_boxes", "patrols")]
        + [f"UPDATE {table} SET draw_id = '{PAST}.day.1' WHERE draw_id = '{PAST}.day.2'"
           for table in ("draws", "draw_boxes", "patrols")],
        ["bears a reason for drawing again", "was made as draw 2 of its shift"]),
    "all draws removed": (["DELETE FROM draws"],
                          ["Table draws: 5 rows were removed", f"Boxes of the draw {PAST}.day.1 are on record",
                           "from a draw that is not on record", "Hashes were published on",
                           "Runs on record made 5 draws"]),
    "all draws removed and the counter set back": (
        ["DELETE FROM draws", "DELETE FROM draw_boxes", "DELETE FROM patrols", "DELETE FROM adjustments",
         "DELETE FROM sqlite_sequence WHERE name IN ('draws', 'draw_boxes', 'adjustments')"],
        ["Runs on record made 5 draws, but the table draws holds 0", "Runs on record made 2 adjustments",
         "Hashes were published on"]),
    "a shift of draws removed": ([f"DELETE FROM {table} WHERE shift_date = '{COMING}' AND shift = 'day'"
                                  for table in ("draws", "patrols")], [f"Boxes of the draw {COMING}.day.1"]),
    "runs emptied": (["DELETE FROM runs"], ["Table runs: 7 rows were removed"]),
    "runs thinned": (["DELETE FROM runs WHERE fid = 3"], ["Table runs: 1 row was removed (number 3)"]),
    "the last run removed": (["DELETE FROM runs WHERE fid = 7"], ["Table runs: 1 row was removed (number 7)"]),
    "a run removed and the rest renumbered": (
        ["DELETE FROM runs WHERE fid = 3", "UPDATE runs SET fid = fid - 1 WHERE fid > 3"],
        ["Table runs: 1 row was removed (number 7)"]),
    "commitments swapped between drawn shifts": (
        [f"UPDATE commitments SET shift = CASE shift WHEN 'day' THEN 'evening' ELSE 'day' END WHERE "
         f"shift_date = '{PAST}' AND shift IN ('day', 'evening')"],
        ["never published for this shift", "some were swapped"]),
    "commitments swapped between coming shifts": (
        ["UPDATE commitments SET shift_date = CASE fid WHEN 3 THEN '2019-03-03' ELSE '2019-03-01' END "
         "WHERE fid IN (3, 7)"], ["some were swapped"]),
    "a commitment removed": (["DELETE FROM commitments WHERE fid = 5"], ["Table commitments: 1 row was removed"]),
    "a commitment copied": (
        ["INSERT INTO commitments (shift_date, shift, seed_hash, committed_utc) SELECT '2031-01-01', shift, seed_hash, "
         "committed_utc FROM commitments WHERE fid = 1"], ["published for more than one shift"]),
    "a hash published earlier than it was": (
        ["UPDATE commitments SET committed_utc = '2019-01-01T00:00:00.000Z' WHERE fid = 1"],
        ["no draw of that moment is on record"]),
    "a draw dated earlier than it was": (
        ["UPDATE draws SET drawn_utc = '2019-02-28T09:00:00.000Z' WHERE fid = 2"],
        ["bears an earlier time"]),
    "a box's chance": (["UPDATE draw_boxes SET inclusion_probability = 0.4 WHERE fid = 10"],
                       ["do not give the recorded inputs hash"]),
    "a box drawn": (["UPDATE draw_boxes SET selected = 1 - selected WHERE fid = 10"], ["not in the re"]),
    "a box removed": (["DELETE FROM draw_boxes WHERE fid = 10"], ["Table draw_boxes: 1 row was removed (number 10)"]),
    "a patrol without a draw": (
        ["INSERT INTO patrols (patrol_id, shift_date, shift, box_id, origin, status) SELECT 'p', '2030-01-01', 'day', "
         "box_id, 'drawn', 'planned' FROM boxes LIMIT 1"],
        ["2030-01-01 day: the patrol of box", "from a draw that is not on record (none is named)"]),
    "a patrol added without an adjustment": (
        ["INSERT INTO patrols (patrol_id, shift_date, shift, box_id, origin, status) SELECT 'p', '2030-01-01', 'day', "
         "box_id, 'added', 'planned' FROM boxes LIMIT 1"], ["was added without an adjustment"]),
    "a patrol of a place that is none": (["UPDATE patrols SET box_id = 'C1R1' WHERE fid = 1"],
                                         ["C1R1 is no box of this workspace"]),
    "the last adjustment removed": (["DELETE FROM adjustments WHERE seq = 2"],
                                    ["Table adjustments: 1 row was removed (number 2)"]),
    "an adjustment of another draw": (
        ["UPDATE adjustments SET change = json_set(change, '$.draw_id', 'x.y.1') WHERE seq = 1"],
        ["Adjustment 1 changed the plan of the draw x.y.1, which is not on record",
         "its content does not give its hash"]),
    "seeds taken out of the record": (["UPDATE draws SET seed = NULL"], ["although later shifts were drawn"]),
    "rows numbered anew": (["UPDATE draws SET fid = fid + 100"], ["Table draws: 100 rows were removed"]),
    "the same key twice": (["DROP INDEX adjustments_key",
                            "INSERT INTO adjustments (seq, at_utc) SELECT seq, at_utc FROM adjustments WHERE seq = 1"],
                           ["another row has the same seq", "lost one of the rules"]),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_is_named(tampered, attack):
    statements, expected = ATTACKS[attack]
    loses_rules = any("lost one of the rules" in sentence for sentence in expected)
    text = tampered(*statements, keep_rules=not loses_rules, seeds=attack != "seeds taken out of the record")
    for sentence in expected:
        if "lost one of the rules" not in sentence:
            assert sentence in text, text


@pytest.mark.parametrize("statement, sentence", [
    ("CREATE TRIGGER helper AFTER INSERT ON draws BEGIN UPDATE patrols SET status = 'suppressed'; END",
     "The trigger helper on draws is not one of a workspace"),
    ("CREATE TRIGGER rtree_boxes_geom_update9 AFTER UPDATE ON boxes BEGIN DELETE FROM rtree_boxes_geom WHERE id = 0; "
     "UPDATE draws SET size = 0; END", "The trigger rtree_boxes_geom_update9 on boxes"),
    ("CREATE TRIGGER gpkg_x AFTER UPDATE ON gpkg_contents BEGIN DELETE FROM patrols; END", "The trigger gpkg_x"),
    ("CREATE VIEW plans AS SELECT * FROM patrols", "The view plans is not one of a workspace"),
    ("CREATE TABLE notes (a TEXT)", "The table notes is not one of a workspace"),
])
def test_what_is_foreign_is_named(tampered, statement, sentence):
    text = tampered(keep_rules=True, *[statement])
    assert text.startswith(sentence) and text.count("\n") == 0


def test_a_rule_of_ours_with_other_content_is_named(made, tmp_path):
    path = tmp_path / "w.gpkg"
    shutil.copy(made, path)
    connection = sqlite3.connect(path)
    connection.executescript("DROP TRIGGER draws_keep; "
                             "CREATE TRIGGER draws_keep BEFORE DELETE ON draws WHEN OLD.fid > 3 "
                             "BEGIN SELECT RAISE(ABORT, 'Rows of draws can never be changed or removed.'); END")
    connection.close()
    with open_workspace(path) as workspace:
        problems = check_workspace(workspace).problems
    assert [problem.split(" ")[:2] for problem in problems] == [["The", "trigger"], ["Table", "draws"]]


def test_styles_that_qgis_keeps_are_no_tampering(tampered):
    assert tampered("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleName TEXT)", keep_rules=True) == ""


def test_a_table_that_became_a_view(made, tmp_path):
    path = tmp_path / "w.gpkg"
    tamper(made, path, ["ALTER TABLE tactic_log RENAME TO hidden", "CREATE VIEW tactic_log AS SELECT * FROM hidden"])
    with pytest.raises(ConnectError, match="tactic_log is a view"):
        open_workspace(path)


COLUMNS = [(table.name, column.name) for table in TABLES.values() for column in table.columns]
TYPE = {(table.name, column.name): column.type for table in TABLES.values() for column in table.columns}
STRANGE = ["", "x", "2024-02-30", "9999-99-99", "0001-01-01T00:00:00.000Z", "99999-01-01", "now", "NaN", "1e999",
           "\ud7ff'\"", "{", "[1]", "{}", "null", '"\\ud800"', "[" * 900 + "]" * 900, "[" * 5000,
           json.dumps({"cap": 10 ** 400}), json.dumps({"patrols": [1]}), json.dumps({"patrols": [{"after": 3}]}),
           0, 1, -1, 2 ** 62, -0.5, 1e300, float("inf"), b"", b"\xff\x00", None]


def is_of_type(column, value):
    """Whether a value is of the column's type, so that only its meaning can be wrong."""
    kind = TYPE[column]
    if kind in ("integer", "boolean"):
        return type(value) is int and (kind == "integer" or value in (0, 1))
    if kind == "real":
        return isinstance(value, (int, float)) and abs(value) < 1e300
    if kind == "text":
        return True  # SQLite makes text of numbers there
    try:
        return kind == "json" and isinstance(value, (str, int, float)) and json.loads(str(value)) is not NotImplemented
    except (ValueError, RecursionError):
        return False


APART = ("forecasts", "imports", "tactics", "runs", "boxes")
"""Tables of which no look of the check needs two: one file holds strange values in a column of each."""


def together():
    """Columns whose strange values stand in one file."""
    of_table = [[column for column in COLUMNS if column[0] == table] for table in APART]
    beside = [[column for column in columns if column] for columns in itertools.zip_longest(*of_table)]
    return beside + [[column] for column in COLUMNS if column[0] not in APART]


@pytest.mark.parametrize("columns", together(), ids=lambda columns: "+".join(map(".".join, columns)))
def test_no_value_in_any_column_stops_the_check(made, tmp_path, columns):
    """Strange values in every column, as many at once as there are rows: sentences, never an exception."""
    turns = {column: turns_of(made, column) for column in columns}
    for turn in range(max(map(len, turns.values()))):
        look_at(made, tmp_path / f"{turn}.gpkg", {column: values[turn] for column, values in turns.items()
                                                  if turn < len(values)})


def turns_of(made, column):
    """The strange values that stand in a column at once, turn by turn; none where it has no rows."""
    table, _ = column
    with sqlite3.connect(made) as connection:
        rows = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]
    if not rows:
        return []  # nothing to tamper with
    turns = 2 if table in RECORDS and rows < len(STRANGE) else 1  # with more rows the first has them all
    if os.environ.get("CONNECT_EVERY_VALUE"):
        turns = len(STRANGE)
    if turns == len(STRANGE):
        return [[value] for value in STRANGE]
    start = COLUMNS.index(column)
    return [[STRANGE[(start + turn * rows + row) % len(STRANGE)] for row in range(min(rows, len(STRANGE)))]
            for turn in range(turns)]


def look_at(made, path, values_of):
    """Check a copy with the values of each column, as many as are taken, in its first rows."""
    allowed_of = {column: taken(made, column, values) for column, values in values_of.items()}
    tamper(made, path, [(f'UPDATE "{column[0]}" SET "{column[1]}" = ? WHERE fid = ?',
                         (values_of[column][number - 1], number))
                        for column, allowed in allowed_of.items() for number in allowed])
    try:
        with open_workspace(path) as workspace:
            text = said(check_workspace(workspace), False)
    except ConnectError as error:  # what says that the file is a workspace was changed
        assert list(values_of) in ([("settings", "name")], [("settings", "value")]) and error.user.endswith(".")
        return
    for column, values in values_of.items():
        of_column(made, column, values, allowed_of[column], text)


def of_column(made, column, values, allowed, text):
    """Check what is said of the values of one column."""
    table, name = column
    wrong = [number for number in allowed if not is_of_type(column, values[number - 1])
             and not (values[number - 1] is None and not TABLES[table].column(name).required)]
    for number in wrong[:3]:
        assert f"Table {table}, row {number}" in text, (values[number - 1], text)
    if table in RECORDS and column not in FREE and any(
            not is_same(made, column, number, values[number - 1]) for number in allowed):
        assert text, (column, values)


def taken(made, column, values):
    """Numbers, from 1 on, of the values that the file's own rules let in."""
    table, name = column
    with closing(sqlite3.connect(f"{made.as_uri()}?mode=ro", uri=True)) as connection:
        rules, = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    required = [item.name for item in TABLES[table].columns if item.required and item.name != name]
    names = ", ".join(f'"{name}"' for name in [*required, name])
    found = []
    with closing(sqlite3.connect(":memory:")) as copy:
        copy.execute(rules)
        for number, value in enumerate(values, 1):
            try:
                copy.execute(f'INSERT INTO "{table}" ({names}) VALUES ({", ".join("?" * (len(required) + 1))})',
                             (*["1"] * len(required), value))
                found.append(number)
            except sqlite3.IntegrityError:
                pass
            copy.rollback()
    return found


def is_same(made, column, number, value):
    """Whether a row holds that value anyway."""
    with closing(sqlite3.connect(made)) as connection:
        return connection.execute(f'SELECT "{column[1]}" IS ? FROM "{column[0]}" WHERE fid = ?',
                                  (value, number)).fetchone()[0]


STRUCTURES = [key for key in COLUMNS if TYPE[key] == "json" and key[0] in (*RECORDS, "settings", "shifts", "runs")]
JSON = st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=4),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["patrols", "draw_id", "before", "after", "undoes", "cap", "focus", "a"]),
                        inner, max_size=3), max_leaves=8)


@settings(max_examples=examples(15), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(column=st.sampled_from(STRUCTURES),
       value=JSON, row=st.integers(1, 3), merge=st.booleans())
def test_no_structure_stops_the_check(made, tmp_path, column, value, row, merge):
    """Any JSON, also in the place of one entry of what was there."""
    table, name = column
    path = tmp_path / "w.gpkg"
    text = json.dumps(value)
    with sqlite3.connect(made) as connection:
        old = connection.execute(f'SELECT "{name}" FROM "{table}" WHERE fid = ?', (row,)).fetchone()
    if merge and old and old[0] and isinstance(json.loads(old[0]), dict) and isinstance(value, dict):
        text = json.dumps({**json.loads(old[0]), **value})
    tamper(made, path, [(f'UPDATE "{table}" SET "{name}" = ? WHERE fid = ?', (text, row))])
    try:
        with open_workspace(path) as workspace:
            check_workspace(workspace)
            verify_draw(workspace, PAST, "day")
    except ConnectError as error:
        assert error.user.endswith(".")


def test_an_adjustment_that_was_made_anew_with_its_hash_is_seen_in_the_plan(made, tmp_path):
    """Who can compute the chain anew writes a chain that holds; the plan and the counts of runs tell against it."""
    path = tmp_path / "w.gpkg"
    with open_workspace(made) as workspace:
        first = chain.records(chain.read_chain(workspace))[0]
    row = linked({**first, "box_id": "C1290R17299"}, [])
    tamper(made, path, ["DELETE FROM adjustments WHERE seq = 2", (
        "UPDATE adjustments SET box_id = ?, hash = ?", (row["box_id"], row["hash"]))])
    with open_workspace(path) as workspace:
        text = said(check_workspace(workspace), False)
    assert "Runs on record made 2 adjustments, but the table adjustments holds 1" in text
