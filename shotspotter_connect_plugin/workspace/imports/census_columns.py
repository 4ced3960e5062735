"""Columns of neighbourhoods in census exports: names of areas, and which group of residents is counted."""
from __future__ import annotations

from .column_names import plain

AREA_NAMES = "neighbourhood neighborhood nbhname nbhnames name tractname tract geoid psa beat cluster".split()
"""Columns that name a neighbourhood, most telling first."""
EVERYBODY = "all"
"""The group of all residents of a neighbourhood."""
_GROUPS = {
    EVERYBODY: "totalpop totpop population totalpopulation poptotal pop residents p0010001 p1001n b02001001e",
    "White": "white popwhite p0010003 p1003n b02001002e",
    "Black": "black popblack p0010004 p1004n b02001003e",
    "American Indian": "natamer nativeamerican amerindian p0010005 p1005n b02001004e",
    "Asian": "asian popasian p0010006 p1006n b02001005e",
    "Pacific Islander": "pacific pacificislander p0010007 p1007n b02001006e",
    "Other race": "other otherrace p0010008 p1008n b02001007e",
    "Two or more races": "twoormore twoormoreraces multiracial p0010009 p1009n b02001008e",
    "Hispanic, any race": "hispanic hisp pophispanic p0020002 p2002n",
    "Male": "popmale male males malepop",
    "Female": "popfemale female females femalepop",
    "Under 18": "popunder18 under18",
    "65 and over": "pop65up pop65over over65",
}
_GROUP_OF = {word: group for group, words in _GROUPS.items() for word in words.split()}


def population_group(column: str) -> str:
    """The group of residents that a column of a census export counts, or ""."""
    return _GROUP_OF.get(plain(column), "")
