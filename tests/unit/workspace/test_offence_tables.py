"""Offence words are seen before they count: their table, what is decided of them, and the incidents that follow."""
import csv
import dataclasses

import pandas as pd
import pytest
from examples import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_towns import new_town, square
from public_exports import adds_up

from shotspotter_connect_plugin.errors import ConnectError
from shotspotter_connect_plugin.workspace.imports.incident_import import import_incidents
from shotspotter_connect_plugin.workspace.imports.offence_reading import offence_meaning
from shotspotter_connect_plugin.workspace.imports.offence_words import DECIDED, NOT_COUNTED, kept_text
from shotspotter_connect_plugin.workspace.imports.source_offences import decide_later, known_sources, offence_table
from shotspotter_connect_plugin.workspace.imports.source_questions import SourceOptions

WORDS = ["ROBBERY"] * 5 + ["BURGLARY"] * 4 + ["ASSAULT"] * 3 + ["NARCOTICS"] * 2 + ["SIMPLE ASSAULT"] * 2 + [
    "BURGLARY ALARM"]


@pytest.fixture
def city(tmp_path):
    with new_town(tmp_path / "town.gpkg", square(0, 0, 8)) as workspace:
        yield workspace


def crimes(path, words=WORDS, month=3, ids=True, **more):
    """Incidents of the words, one an hour, each at a place of its own."""
    frame = pd.DataFrame({"Offense": words, "Occurred Date": [
        f"2017-{month:02d}-{number // 20 + 10} {number % 20:02d}:30" for number in range(len(words))],
        "X": [320_400 + 7 * number for number in range(len(words))], "Y": 4_300_300, **more})
    if ids:
        frame.insert(0, "Case Number", [f"{month}-{number}" for number in range(len(words))])
    frame.to_csv(path, index=False)
    return path


def listed(path):
    """The lines of a table of offences, by the word."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {next(iter(row.values())): row for row in rows}


def edit(path, **taken_as):
    """Say in a table what words are taken as, as in a spreadsheet."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    for word, said in taken_as.items():
        place = rows.iloc[:, 0] == word.replace("_", " ")
        assert place.any(), word
        rows.loc[place, "taken_as"] = said
    rows.to_csv(path, index=False)


def types_in(workspace):
    return workspace.read("incidents")["crime_type"].value_counts().to_dict()


def counts(result):
    assert adds_up(result)
    return result.added, result.updated, result.unchanged, result.rejected


# The table


def test_every_word_is_listed_with_its_count_the_unclear_first(city, tmp_path):
    table = tmp_path / "offences.csv"
    result = import_incidents(city, crimes(tmp_path / "march.csv"), offences=str(table))
    rows = listed(table)
    assert list(rows)[:3] == ["ASSAULT", "ROBBERY", "BURGLARY"]
    assert {word: row["taken_as"] for word, row in rows.items()} == {
        "ASSAULT": "", "ROBBERY": "robbery", "BURGLARY": "burglary", "NARCOTICS": NOT_COUNTED,
        "SIMPLE ASSAULT": NOT_COUNTED, "BURGLARY ALARM": NOT_COUNTED}
    assert (rows["ASSAULT"]["count"], rows["ASSAULT"]["example_line"]) == ("3", "11")
    assert all(row["why"] for row in rows.values())
    assert counts(result) == (9, 0, 0, 8) and any("offences.csv" in told for told in result.warnings)
    assert "ASSAULT" not in set(city.read("incidents")["offence"])


def test_the_dock_gets_the_same_table_and_nothing_is_written(city, tmp_path):
    path = str(crimes(tmp_path / "march.csv"))
    table = offence_table(city, path, SourceOptions())
    assert [(line.words, line.count, line.taken_as) for line in table.lines][:2] == [
        (("ASSAULT",), 3, ""), (("ROBBERY",), 5, "robbery")]
    barred, = [line.words for line in table.lines if line.barred]
    assert barred == ("NARCOTICS",) and table.columns == ["Offense"] and "theft" in table.types
    assert not city.count("imports") and not city.count("incidents")


def test_what_is_decided_wins_and_is_remembered_for_the_source(city, tmp_path):
    table = tmp_path / "offences.csv"
    import_incidents(city, crimes(tmp_path / "march.csv"), offences=str(table))
    edit(table, ASSAULT="Aggravated assault", ROBBERY="not counted")
    april = import_incidents(city, crimes(tmp_path / "april.csv", month=4), offences=str(table))
    assert april.reasons[DECIDED] == 5
    may = import_incidents(city, crimes(tmp_path / "may.csv", month=5))
    assert counts(may) == (7, 0, 0, 10)
    assert any("ASSAULT is aggravated assault" in told for told in may.warnings)
    assert city.read("imports")["given"].iloc[-1]["offences"] == {
        "ASSAULT": "aggravated_assault", "ROBBERY": NOT_COUNTED}
    # Another source has its own words.
    other = import_incidents(city, crimes(tmp_path / "other.csv", month=6, Beat="7"))
    assert counts(other) == (9, 0, 0, 8)


def test_words_never_seen_before_stop_nothing_and_are_told(city, tmp_path):
    first = import_incidents(city, crimes(tmp_path / "march.csv"))
    assert not any("no earlier file" in told for told in first.warnings)
    later = import_incidents(city, crimes(tmp_path / "april.csv", [*WORDS, "ROB STRONG ARM", "LARCENY", "LARCENY"], 4))
    told, = [told for told in later.warnings if "no earlier file" in told]
    assert "LARCENY (2) as theft" in told and "ROB STRONG ARM (1)" in told and "ROBBERY" not in told
    assert not any("no earlier file" in told for told in import_incidents(city, tmp_path / "april.csv").warnings)


def test_a_table_that_has_nothing_to_ask_is_left_as_the_analyst_saved_it(city, tmp_path):
    table = tmp_path / "offences.csv"
    import_incidents(city, crimes(tmp_path / "march.csv"), offences=str(table))
    edit(table, ASSAULT="not counted")
    before = table.read_bytes()
    import_incidents(city, tmp_path / "march.csv", offences=str(table))
    assert table.read_bytes() == before
    import_incidents(city, crimes(tmp_path / "april.csv", ["STOLEN", *WORDS], 4), offences=str(table))
    assert listed(table)["STOLEN"]["taken_as"] == "" and listed(table)["ASSAULT"]["taken_as"] == NOT_COUNTED


def test_a_file_of_nothing_but_unclear_words_still_gets_its_table(city, tmp_path):
    path, table = crimes(tmp_path / "march.csv", ["ASSAULT"] * 4), tmp_path / "offences.csv"
    with pytest.raises(ConnectError, match="Nothing of march.csv was taken"):
        import_incidents(city, path, offences=str(table))
    edit(table, ASSAULT="aggravated_assault")
    assert counts(import_incidents(city, path, offences=str(table))) == (4, 0, 0, 0)


@pytest.mark.parametrize("ids", [True, False])
def test_a_first_file_of_which_nothing_was_decided_to_count_keeps_the_decisions(city, tmp_path, ids):
    table, words = tmp_path / "offences.csv", ["ASSAULT", "STOLEN"]
    with pytest.raises(ConnectError, match="Decide in OFFENCES"):
        import_incidents(city, crimes(tmp_path / "march.csv", words, ids=ids), offences=str(table))
    assert not city.count("imports")
    edit(table, ASSAULT=NOT_COUNTED, STOLEN=NOT_COUNTED)
    for named in (str(table), "", str(table)):
        with pytest.raises(ConnectError, match=DECIDED) as refused:
            import_incidents(city, tmp_path / "march.csv", offences=named)
        assert len(refused.value.user) <= 300
        assert not city.count("incidents") and city.count("imports") == 1, "what is decided is kept once"
    assert known_sources(city)[0].lines[0].taken_as == NOT_COUNTED
    result = import_incidents(city, crimes(tmp_path / "april.csv", [*words, "ROBBERY"], month=4, ids=ids))
    assert counts(result) == (1, 0, 0, 2) and result.reasons == {DECIDED: 2}
    assert not any("wait for a decision" in warning for warning in result.warnings)
    assert decide_later(city, result.answers.header, [(("ASSAULT",), "aggravated_assault")])
    assert import_incidents(city, tmp_path / "march.csv").added == 1


@pytest.mark.parametrize("table", ["", "offences.csv"])
def test_a_word_is_told_once_whether_it_waits_is_new_or_no_rule_knows_it(city, tmp_path, table):
    table = table and str(tmp_path / table)
    first = import_incidents(city, crimes(tmp_path / "march.csv", [*WORDS, "ZORBLAX", "FALSE ALARM BURGLARY"]),
                             offences=table)
    later = import_incidents(city, crimes(tmp_path / "april.csv", [*WORDS, "ZORBLAX", "STOLEN", "QUUX", "BURGLAR ALARM",
                                                                   "DRUGS"], 4), offences=table)
    for result, words in ((first, ("ASSAULT", "ZORBLAX", "FALSE ALARM BURGLARY")),
                          (later, ("ASSAULT", "ZORBLAX", "STOLEN", "QUUX", "BURGLAR ALARM", "DRUGS"))):
        for word in words:
            assert sum(warning.count(word + " (") for warning in result.warnings) == 1, (word, result.warnings)
    assert any("wait for a decision" in told and "ASSAULT (" in told for told in first.warnings)


@pytest.mark.parametrize("separator,encoding", [(";", "cp1252"), ("\t", "utf-16"), (",", "utf-8")])
def test_a_spreadsheet_may_have_saved_it_in_its_own_way(city, tmp_path, separator, encoding):
    table = tmp_path / "offences.csv"
    path = crimes(tmp_path / "march.csv", ["0520", "0520", "ROBBERY", "Überfall", "=1+1"])
    import_incidents(city, path, offences=str(table))
    rows = pd.read_csv(table, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    rows["Offense"] = rows["Offense"].str.replace("0520", "520")
    rows["taken_as"] = rows["Offense"].map({"520": "burglary", "Überfall": "robbery", "'=1+1": "theft",
                                            "ROBBERY": "robbery"})
    rows.to_csv(table, index=False, sep=separator, encoding=encoding)
    import_incidents(city, path, offences=str(table))
    assert types_in(city) == {"burglary": 2, "robbery": 2, "theft": 1}


def test_no_formula_and_no_contact_of_a_person_gets_into_the_table_or_the_workspace(city, tmp_path):
    words = ["=HYPERLINK(A1)", "ROBBERY call 202-555-0143", "ROBBERY jane.doe@example.org", "ROBBERY", "ROBBERY " * 40]
    table = tmp_path / "offences.csv"
    result = import_incidents(city, crimes(tmp_path / "march.csv", words), offences=str(table))
    text = table.read_text(encoding="utf-8-sig")
    assert "555" not in text and "jane" not in text and "\n'=HYPERLINK(A1)" in text
    assert set(city.read("incidents")["offence"].dropna()) == {"ROBBERY"} and result.added == 4
    assert "jane" not in str(city.read("imports")["given"].tolist())
    assert any("no table of offences lists them" in told for told in result.warnings)


@pytest.mark.parametrize("said", ["murder most foul", "drugs", "8", "maybe"])
def test_what_is_no_type_is_refused_in_one_sentence_and_nothing_is_written(city, tmp_path, said):
    table, path = tmp_path / "offences.csv", crimes(tmp_path / "march.csv")
    import_incidents(city, path, offences=str(table))
    edit(table, ASSAULT=said)
    before, content = table.read_bytes(), city.content_hash()
    with pytest.raises(ConnectError, match=f"offences.csv takes ASSAULT as “{said}”, which is no crime type"):
        import_incidents(city, path, offences=str(table))
    assert (table.read_bytes(), city.content_hash()) == (before, content)


@pytest.mark.parametrize("said", ["theft", "robbery", "gunfire", "Aggravated assault"])
def test_words_recorded_where_police_look_can_never_be_made_to_count(city, tmp_path, said):
    table, path = tmp_path / "offences.csv", crimes(tmp_path / "march.csv")
    import_incidents(city, path, offences=str(table))
    edit(table, NARCOTICS=said)
    content = city.content_hash()
    with pytest.raises(ConnectError, match="“NARCOTICS” can never count .* where police look"):
        import_incidents(city, path, offences=str(table))
    header = known_sources(city)[0].header
    with pytest.raises(ConnectError, match="can never count"):
        decide_later(city, header, [(("NARCOTICS",), "theft")])
    assert city.content_hash() == content


@pytest.mark.parametrize("content,says", [
    (b"", "OFFENCES"), (b"\x00\x01\x02\x03" * 40, "OFFENCES"), (b"a,b\n1,2\n", "no column Offense"),
    (b"Offense,count\nROBBERY,5\n", "no column taken_as"),
    (b"Offense,count,example_line,taken_as,why\nROBBERY,1,2,theft,\nROBBERY,1,2,robbery,\n", "two things of ROBBERY")])
def test_a_damaged_table_or_another_file_is_one_sentence(city, tmp_path, content, says):
    table = tmp_path / "offences.csv"
    table.write_bytes(content)
    with pytest.raises(ConnectError) as refused:
        import_incidents(city, crimes(tmp_path / "march.csv"), offences=str(table))
    assert says in refused.value.user and len(refused.value.user) < 300
    assert table.read_bytes() == content and not city.count("incidents") and not city.count("imports")


# Later, with the rows following


@pytest.mark.parametrize("ids", [True, False])
def test_the_same_file_again_with_other_decisions_and_its_rows_follow(city, tmp_path, ids):
    path, table = crimes(tmp_path / "march.csv", ids=ids), tmp_path / "offences.csv"
    import_incidents(city, path, offences=str(table))
    edit(table, ASSAULT="aggravated_assault", ROBBERY="not counted", BURGLARY="theft")
    result = import_incidents(city, path, offences=str(table))
    assert counts(result) == (3, 9, 0, 5)
    assert types_in(city) == {"aggravated_assault": 3, "theft": 4}
    assert any("5 incidents left" in told and "ROBBERY (5)" in told for told in result.warnings)
    assert counts(import_incidents(city, path)) == (0, 0, 7, 10)
    edit(table, ASSAULT="", ROBBERY="robbery", BURGLARY="burglary")
    back = import_incidents(city, path, offences=str(table))
    assert counts(back) == (5, 7, 0, 5) and types_in(city) == {"robbery": 5, "burglary": 4}


@pytest.mark.parametrize("ids", [True, False])
def test_decided_without_the_file_its_incidents_follow(city, tmp_path, ids):
    import_incidents(city, crimes(tmp_path / "march.csv", ids=ids))
    import_incidents(city, crimes(tmp_path / "april.csv", month=4, ids=ids))
    import_incidents(city, crimes(tmp_path / "other.csv", month=5, ids=ids, Beat="7"))
    runs = city.count("runs")
    source = [source for source in known_sources(city) if source.name == "april.csv"][0]
    assert [(line.words, line.count, line.taken_as) for line in source.lines][0] == (("ASSAULT",), 3, "")
    told = decide_later(city, source.header, [(("ASSAULT",), "aggravated_assault"), (("ROBBERY",), NOT_COUNTED),
                                              (("BURGLARY",), "theft")])
    assert types_in(city) == {"theft": 8, "robbery": 5, "burglary": 4}
    assert any("10 incidents left" in sentence for sentence in told)
    assert any("ASSAULT" in sentence and "march.csv" in sentence and "again" in sentence for sentence in told)
    assert city.count("runs") == runs + 1
    run = city.read("runs", order_by="started_utc").iloc[-1]
    assert run["algorithm"] == "connect:importincidents" and run["parameters"]["OFFENCES"]["ROBBERY"] == NOT_COUNTED
    result = import_incidents(city, tmp_path / "march.csv")
    assert counts(result) == (3, 0, 4, 10) and types_in(city)["aggravated_assault"] == 3


def test_files_of_the_same_name_from_another_source_are_left_alone_and_told(city, tmp_path):
    (tmp_path / "other").mkdir()
    import_incidents(city, crimes(tmp_path / "crimes.csv"))
    import_incidents(city, crimes(tmp_path / "other" / "crimes.csv", month=4, Beat="7"))
    told = decide_later(city, known_sources(city)[0].header, [(("ROBBERY",), NOT_COUNTED)])
    assert types_in(city) == {"robbery": 10, "burglary": 8} and any("same name" in sentence for sentence in told)


def test_two_offences_of_one_incident_and_the_worse_one_stops_counting(city, tmp_path):
    path, table = crimes(tmp_path / "march.csv", ["ROBBERY", "BURGLARY", "BURGLARY"]), tmp_path / "offences.csv"
    frame = pd.read_csv(path, dtype=str)
    frame["Case Number"] = ["1", "1", "2"]
    frame.to_csv(path, index=False)
    assert counts(import_incidents(city, path, offences=str(table))) == (2, 0, 0, 1)
    edit(table, ROBBERY="not counted")
    assert counts(import_incidents(city, path, offences=str(table))) == (1, 1, 1, 0)
    assert types_in(city) == {"burglary": 2}


def forget_words(workspace):
    """The workspace as versions left it that kept no words of incidents, and no decisions."""
    rows = workspace.read("incidents").assign(offence=None)
    with workspace.transaction() as writer:
        writer.upsert("incidents", rows)


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("before", [True, False])
def test_incidents_imported_before_words_were_kept_are_found_by_their_file(city, tmp_path, ids, before):
    path, table = crimes(tmp_path / "march.csv", ids=ids), tmp_path / "offences.csv"
    import_incidents(city, crimes(tmp_path / "april.csv", month=4, ids=ids))
    import_incidents(city, path, offences=str(table))
    forget_words(city)
    if before:  # decided in the dock, the file comes later
        told = decide_later(city, known_sources(city)[0].header, [
            (("ROBBERY",), NOT_COUNTED), (("BURGLARY",), "theft")])
        assert types_in(city) == {"robbery": 10, "burglary": 8}
        assert any("before offence words were kept" in sentence for sentence in told)
        result = import_incidents(city, path)
    else:
        edit(table, ROBBERY="not counted", BURGLARY="theft")
        result = import_incidents(city, path, offences=str(table))
    assert counts(result) == (0, 9, 0, 8)
    assert types_in(city) == {"robbery": 5, "burglary": 4, "theft": 4}
    assert any("5 incidents left" in told and "ROBBERY (5)" in told for told in result.warnings)
    import_incidents(city, tmp_path / "april.csv")
    assert types_in(city) == {"theft": 8}


@pytest.mark.parametrize("ids", [True, False])
def test_two_offences_at_one_time_and_place_from_before_words_were_kept(city, tmp_path, ids):
    path, table = crimes(tmp_path / "march.csv", ["ROBBERY", "BURGLARY"], ids=ids), tmp_path / "offences.csv"
    frame = pd.read_csv(path, dtype=str)
    for column in ("Occurred Date", "X"):
        frame[column] = frame[column].iloc[0]
    frame.to_csv(path, index=False)
    import_incidents(city, path, offences=str(table))
    forget_words(city)
    edit(table, ROBBERY="theft")
    assert adds_up(import_incidents(city, path, offences=str(table))) and types_in(city) == {"theft": 1, "burglary": 1}
    edit(table, ROBBERY="not counted", BURGLARY="robbery")
    assert counts(import_incidents(city, path, offences=str(table))) == (0, 2, 0, 0)
    assert types_in(city) == {"robbery": 1}


def test_a_decision_that_leaves_no_row_counting_holds_and_says_so(city, tmp_path):
    path, table = crimes(tmp_path / "march.csv", ["ROBBERY"] * 3), tmp_path / "offences.csv"
    import_incidents(city, path, offences=str(table))
    edit(table, ROBBERY="not counted")
    result = import_incidents(city, path, offences=str(table))
    assert counts(result) == (0, 3, 0, 0) and not city.count("incidents")
    assert any("3 incidents left the workspace" in told for told in result.warnings)
    with pytest.raises(ConnectError, match="as was decided for these words”. Decide in OFFENCES what"):
        import_incidents(city, path)
    edit(table, ROBBERY="robbery")
    assert counts(import_incidents(city, path, offences=str(table))) == (3, 0, 0, 0)
    # A new file of nothing else holds the decision, too: the incidents of the earlier one leave.
    edit(table, ROBBERY="not counted")
    april = import_incidents(city, crimes(tmp_path / "april.csv", ["ROBBERY"] * 2, 4), offences=str(table))
    assert counts(april) == (0, 0, 0, 2) and not city.count("incidents")
    assert any("3 incidents left the workspace" in told for told in april.warnings)


TAKEN_AS = ["", NOT_COUNTED, "robbery", "burglary", "aggravated_assault", "theft", "gunfire", "homicide"]


@settings(max_examples=examples(15), deadline=None, suppress_health_check=list(HealthCheck))
@given(rounds=st.lists(st.dictionaries(st.sampled_from(["ROBBERY", "BURGLARY", "ASSAULT", "SIMPLE ASSAULT",
                                                        "BURGLARY ALARM"]), st.sampled_from(TAKEN_AS)), max_size=3),
       ids=st.booleans(), again=st.lists(st.booleans(), min_size=3, max_size=3))
def test_any_decisions_keep_the_sum_and_no_word_that_does_not_count(tmp_path_factory, rounds, ids, again):
    folder = tmp_path_factory.mktemp("decisions")
    with new_town(folder / "town.gpkg", square(0, 0, 8)) as workspace:
        path = crimes(folder / "march.csv", ids=ids)
        assert adds_up(import_incidents(workspace, path))
        for decisions, with_file in zip(rounds, again):
            header = known_sources(workspace)[0].header
            decide_later(workspace, header, [((word,), taken_as) for word, taken_as in decisions.items()])
            if with_file:
                try:
                    assert adds_up(import_incidents(workspace, path))
                except ConnectError as error:
                    assert "Nothing of march.csv was taken" in error.user
            meant = {line.words[0]: line.taken_as for line in known_sources(workspace)[0].lines}
            stored = workspace.read("incidents")
            for word, kinds in stored.groupby("offence")["crime_type"]:
                assert set(kinds) == {meant[word]}
            if with_file:
                assert len(stored) == sum(meant[word] not in ("", NOT_COUNTED) for word in WORDS)


def test_a_line_of_the_table_says_all_there_is(city, tmp_path):
    import_incidents(city, crimes(tmp_path / "march.csv"))
    decide_later(city, known_sources(city)[0].header, [(("ASSAULT",), "aggravated_assault")])
    line = [line for line in known_sources(city)[0].lines if line.words == ("ASSAULT",)][0]
    told = dataclasses.asdict(line)
    assert told.pop("why") and told == {
        "words": ("ASSAULT",), "count": 3, "line": 11, "taken_as": "aggravated_assault", "by_rules": "",
        "decided": True, "barred": False, "new": False}


def test_offences_listed_in_one_cell_line_by_line_are_read_and_kept_alike():
    cell = "Simple Assault\r\nBurglary | Theft"
    assert offence_meaning(cell) == ("burglary", f"the most serious of the offences it names: {cell}")
    assert offence_meaning(kept_text((cell,))).crime_type == "burglary"
