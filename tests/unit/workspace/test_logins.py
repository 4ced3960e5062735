"""Logins are made of names: none gets into a workspace, and call signs and badge numbers stay."""
import pytest

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.file_kinds import FILE_KINDS
from shotspotter_connect_plugin.workspace.imports.gps_import import import_gps
from shotspotter_connect_plugin.workspace.imports.logins import is_login, logins_among
from shotspotter_connect_plugin.workspace.imports.preview import preview_file
from shotspotter_connect_plugin.workspace.imports.roster_import import import_roster
from shotspotter_connect_plugin.workspace.imports.source_questions import SourceQuestion
from shotspotter_connect_plugin.workspace.imports.tactic_import import import_tactics

LOGINS = (["jroe4411", "msmith2210", "klopez33"], ["j.roe", "m.lee"], ["john.roe", "kim.lee"], ["PD\\jroe", "PD\\mlee"],
          ["jsmith", "bgarcia"], ["roej1", "smithk2", "leeb3"])
CODES = (["ADAM12", "BOY3", "CHARLES5"], ["1Adam12", "2Lincoln40"], ["3A12", "3A13"], ["K9-2", "K9-3"],
         ["Cruiser7", "Tahoe12"], ["Unit 4", "Unit 5"], ["4411", "2210"], ["MPD4411", "MPD2210", "MPD33"],
         ["AB12", "JR44"], ["Sgt4411", "Ofc22"], ["Downtown1", "North4"], ["iphone0412"])


@pytest.mark.parametrize("values", LOGINS, ids=" ".join)
def test_logins_are_told(values):
    assert logins_among(values, True).are_most and logins_among(values, True).certain


@pytest.mark.parametrize("officers", [True, False])
@pytest.mark.parametrize("values", CODES, ids=" ".join)
def test_call_signs_and_badges_stay(values, officers):
    assert not logins_among(values, officers).values


@pytest.mark.parametrize("name, told", [("j.roe", True), ("K.Lopez2", True), ("3A12", False), ("new_eotcue", False),
                                        ("units.export", False), ("u.s", False)])
def test_a_file_named_like_a_login_is_told(name, told):
    assert is_login(name) == told


FILES = {import_roster: ("roster", "unit,badge,date,from,to", "3A1{n},{code},2024-03-14,20:00,22:00"),
         import_tactics: ("tactic_log", "officer,tactic,at", "{code},Foot patrol,2024-03-14 20:0{n}"),
         import_gps: ("gps_fixes", "unit,time,x,y", "{code},2024-03-14 20:0{n}:00,32050{n},4300500")}


def written(path, importer, codes):
    _, header, row = FILES[importer]
    path.write_text("\n".join([header, *(row.format(code=code, n=n) for n, code in enumerate(codes))]))
    return path


@pytest.mark.parametrize("importer", FILES, ids=lambda importer: importer.__name__)
def test_no_login_gets_in(workspace, tmp_path, importer):
    table = FILES[importer][0]
    for codes in LOGINS[:3]:
        path = written(tmp_path / "a.csv", importer, codes)
        with pytest.raises(ConnectError, match="logins, which are made of names") as refused:
            importer(workspace, path, mapping={"unit" if importer is import_gps else "officer": {
                "roster": "badge", "tactic_log": "officer", "gps_fixes": "unit"}[table]})
        assert not any(code in refused.value.user for code in codes) and table in FILE_KINDS
        assert preview_file(workspace, path).problems
    taken = importer(workspace, written(tmp_path / "b.csv", importer, ["4411", "2210", "3310", "jsmith22"]))
    assert (taken.added, list(taken.reasons)) == (3, ["a login or a name in place of a badge number"])
    assert "jsmith" not in workspace.read(table).to_string()


def test_what_may_be_call_signs_is_asked_once(workspace, tmp_path):
    path = written(tmp_path / "a.csv", import_gps, ["Portland7", "Salem12", "Eugene3"])
    with pytest.raises(SourceQuestion, match="call signs") as asked:
        import_gps(workspace, path)
    answer, = asked.value.choices
    assert import_gps(workspace, path, mapping=answer).added == 3
    assert import_gps(workspace, path).unchanged == 3


@pytest.mark.parametrize("names", [["John Roe", "Mary Lee"], ["Roe, J", "Lee, M."]], ids=" ".join)
def test_a_few_names_among_units_are_rejected(workspace, tmp_path, names):
    path = tmp_path / "a.csv"
    units = [*names, "3A12", "3A13", "3A14"]
    rows = [f'"{unit}",2024-03-14 20:0{n}:00,32050{n},4300500' for n, unit in enumerate(units)]
    path.write_text("\n".join(["unit,time,x,y", *rows]))
    assert import_gps(workspace, path).counts["rejected"] == 2
    assert workspace.distinct("gps_fixes", "unit") == ["3A12", "3A13", "3A14"]
    assert not logins_among(["Adam Charles", "David Mary"], False).values
