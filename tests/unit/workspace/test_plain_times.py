"""Times of one layout that are read at once are those that are read one by one."""
import itertools
import random
from dataclasses import fields

import numpy as np
import pytest

from shotspotter_connect_plugin.workspace.imports.plain_times import PlainTimes
from shotspotter_connect_plugin.workspace.imports.time_texts import ParsedTimes, parse

BEHIND = ["", "Z", "+00", "-05:00", ".123", " PM", " AM", " EST", "pm", ".5Z", " hrs", " UTC", "x", " "]
ODD = ["", "NULL", "2017-01-01", "１017-01-01 00:00:00", "2017-01-01 ０0:00:00", "2017-01-01 10:00:00" + "z" * 40]
FEW = 150


def text(rng, mark, year_first, between, behind, wrong=0):
    year, month, day = rng.randrange(1990, 2030), rng.randrange(1, 13 + wrong), rng.randrange(1, 29 + 3 * wrong)
    numbers = (f"{year}", f"{month:02d}", f"{day:02d}")
    hour, minute, second = (rng.randrange(0, most + wrong) for most in (24, 60, 60))
    date = mark.join(numbers if year_first else (*numbers[1:], numbers[0]))
    return f"{date}{between}{hour:02d}:{minute:02d}:{second:02d}{behind}"


@pytest.mark.parametrize("mark, year_first, between", itertools.product("-/.", [True, False], " T"))
def test_at_once_and_one_by_one(mark, year_first, between):
    rng = random.Random(f"{mark}{year_first}{between}")
    for behind in BEHIND:
        texts = ODD + [text(rng, mark, year_first, between, behind, rng.random() < 0.1) for _ in range(400)]
        texts += [text(rng, rng.choice("-/."), rng.random() < 0.5, rng.choice(" T"), rng.choice(BEHIND), 1)
                  for _ in range(20)]
        rng.shuffle(texts)
        at_once = parse(texts)
        one_by_one = ParsedTimes.join([parse(texts[begin:begin + FEW]) for begin in range(0, len(texts), FEW)])
        for item in fields(ParsedTimes):
            np.testing.assert_array_equal(getattr(at_once, item.name), getattr(one_by_one, item.name), item.name)


@pytest.mark.parametrize("behind, share", [("", 0.9), ("+00", 0.9), (".000Z", 0.9), (" PM", 0.0)])
def test_most_rows_of_a_usual_file_are_read_at_once(behind, share):
    rng = random.Random(3)
    plain = PlainTimes(np.array([text(rng, "/", True, " ", behind) for _ in range(400)] + ODD, dtype=object))
    assert plain.rows.mean() >= share and plain.rows.any() == (share > 0)
