"""Cancel is heard anywhere in the work, and nothing is changed by what was stopped."""
import pytest
from qgis_runs import DATE, Failed, Feedback

CASES = [
    ("importincidents", {"INPUT": "incidents.csv.gz", "SOURCE_TIMEZONE": "America/New_York"}),
    ("importgunfire", {"INPUT": "alerts.csv.gz", "SOURCE_TIMEZONE": "UTC"}),
    ("importgps", {"INPUT": "fixes.csv.gz"}),
    ("importroster", {"INPUT": "roster.csv"}),
    ("train", {"AS_OF": "2017-12-13"}),
    ("score", {"DATE": "2017-12-16"}),
    ("rollcall", {"DATE": DATE, "OUTPUT": "sheets.pdf"}),
    ("daily", {"DATE": "2017-12-17", "OUTPUT": "day"}),
    ("placeboxes", {"AS_OF": DATE, "APPLY": True, "REASON": "x"}),
]


def filled(given, data, tmp_path):
    return {name: str(data / value) if name == "INPUT" else str(tmp_path / value) if name == "OUTPUT" else value
            for name, value in given.items()}


@pytest.mark.parametrize("algorithm, given", CASES, ids=[name for name, _ in CASES])
def test_cancelled_before_it_begins(run, full, simulated, tmp_path, every_byte, algorithm, given):
    before, feedback = every_byte(full), Feedback()
    feedback.cancel()
    with pytest.raises(Failed) as error:
        run(algorithm, feedback=feedback, WORKSPACE=str(full), **filled(given, simulated, tmp_path))
    assert "topped" in str(error.value)
    assert every_byte(full) == before
    assert not (tmp_path / "sheets.pdf").exists()


@pytest.mark.parametrize("share", [20, 60])
@pytest.mark.parametrize("algorithm, given", [CASES[4], CASES[6]], ids=["train", "rollcall"])
def test_cancelled_in_the_middle(run, full, data, tmp_path, every_byte, algorithm, given, share):
    before, feedback = every_byte(full), Feedback()
    reached = feedback.cancel_at(share)
    with pytest.raises(Failed) as error:
        run(algorithm, feedback=feedback, WORKSPACE=str(full), **filled(given, data, tmp_path))
    assert reached.is_set(), "it ended before the click: " + str(error.value)
    assert "topped" in str(error.value)
    assert every_byte(full) == before
    assert not (tmp_path / "sheets.pdf").exists()


def test_progress_rises_to_the_end(run, full):
    seen = []
    feedback = Feedback()
    feedback.progressChanged.connect(seen.append)
    run("train", feedback=feedback, WORKSPACE=str(full), AS_OF="2017-12-12", CRIME_TYPES="robbery,burglary")
    assert seen == sorted(seen) and len(seen) > 10 and seen[-1] >= 90
