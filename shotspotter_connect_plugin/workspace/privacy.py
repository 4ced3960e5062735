"""The privacy filter: what looks like a person never gets behind the importers.

Columns are read only if they have a role (an allow-list); this module is the second fence, for columns that have one.
"""
import re

import numpy as np
import pandas as pd

from .synonyms import plain

_SAMPLE = 5000

# What a column's name says about persons. Order matters: the first that fits names the kind.
_WHO = r"(victim|vic|suspect|susp|perp|perpetrator|offender|complainant|compl|witness|arrestee|defendant|subject)s?"
_NAMES = tuple((re.compile(pattern), what) for pattern, what in (
    (r"e-?mail", "e-mail addresses"),
    (r"phone|\bph.?num|\b(mobile|cell).?(no|num)|\bfax", "phone numbers"),
    (r"\bdob\b|birth|\bborn\b|" + _WHO + "dob", "birth dates"),
    (r"\bssn\b|social.?sec|passport|driver.?s?.?lic|\bdl.?(no|num)|\bsid.?num|\bfbi.?n", "identity numbers"),
    (r"\bplate|license.?plate|\btag.?(no|num)|\bvin\b", "number plates"),
    (r"\brace\b|ethnic|hispanic|" + _WHO + "race", "race"),
    (r"\bsex\b|gender|" + _WHO + "sex", "sex"),
    (r"\bage\b|\bage.?(group|range)|" + _WHO + "age", "age"),
    (r"(first|last|middle|given|sur|full|maiden|nick).?name|\b(fname|lname|alias|aka)\b|" + _WHO + r".*name|"
     r"(reporter|caller|owner|officer|person|contact|resident|parent|child|employee|manager).*name|"
     r"name.*(victim|suspect|officer|owner|contact)|^(" + _WHO + "|owner|caller|contact)s?$", "names"),
))

_EMAIL = r"[\w.+-]+@[\w-]+\.\w{2,}"
_PHONE = r"(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4}"
_SSN = r"\d{3}-\d{2}-\d{4}"
_CONTACT = re.compile(r"(?<![\w-])(?:{}|{}|{})(?![\w-])".format(_EMAIL, _PHONE, _SSN))
_VALUES = (
    (re.compile(_EMAIL), "e-mail addresses", 0.02),
    (re.compile(r"^\s*" + _PHONE), "phone numbers", 0.1),
    (re.compile(r"^\s*" + _SSN + r"\s*$"), "identity numbers", 0.1),
    (re.compile(r"^[A-Z][\w'-]+, ?[A-Z][\w'-]*(?: [A-Z]\.?)?(?: (?:JR|SR|II|III)\.?)?(?: \d+)?$",
                re.IGNORECASE), "names", 0.5),
)
_PLATE = re.compile(r"^(?:[A-Z]{2,3}[- ]?\d{3,4}|\d{3}[- ]?[A-Z]{3}|\d[A-Z]{3}\d{3})$")
_GIVEN_NAMES = frozenset("""
    james robert john michael david william richard joseph thomas charles christopher daniel matthew anthony mark
    donald steven paul andrew joshua kenneth kevin brian george timothy ronald edward jason jeffrey ryan jacob gary
    nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory alexander frank patrick
    raymond jack dennis jerry tyler aaron jose adam nathan henry douglas zachary peter kyle ethan walter noah jeremy
    carlos luis juan miguel mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy
    betty margaret sandra ashley kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie
    rebecca sharon laura cynthia kathleen amy angela shirley anna brenda pamela emma nicole helen samantha katherine
    christine debra rachel carolyn janet catherine maria heather diane ruth julie olivia joyce virginia victoria
    kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha gloria teresa ann sara
    madison frances kathryn janice jean alice julia jamal darnell tyrone malik dwayne andre terrence latoya keisha
    tamika jesus manuel jorge pedro ahmed mohammed muhammad ali
    """.split())


def about_persons(column):
    """What a column's name says it holds about persons, or ""."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(column))
    words = re.sub(r"[^a-z0-9-]+", " ", words.casefold()).strip()
    return next((what for pattern, what in _NAMES if pattern.search(words) or pattern.search(plain(column))), "")


def values_about_persons(values):
    """What a sample of a column's values looks like, or "": "names", "phone numbers" and so on.

    Parameters
    ----------
    values : sequence of str
        Empty ones do not count. Up to 5,000 of them, evenly taken, are looked at.
    """
    values = pd.Series(values, dtype=object).astype(str).str.strip()
    values = values[values != ""]
    if not len(values):
        return ""
    sample = values.iloc[np.linspace(0, len(values) - 1, min(len(values), _SAMPLE)).astype(int)]
    for pattern, what, share in _VALUES:
        if sample.str.contains(pattern).mean() > share:
            return what
    if sample.map(_is_full_name).mean() > 0.5:
        return "names"
    return "number plates" if _are_plates(sample) else ""


def _are_plates(sample):
    """Plates differ in their letters; numbers of cases share them."""
    letters = sample.str.replace(r"[^A-Z]", "", regex=True)
    return sample.str.contains(_PLATE).mean() > 0.8 and letters.nunique() > len(sample) / 2


def without_contacts(texts):
    """Distinct texts, those that hold an e-mail address, a phone number or a social security number emptied.

    Returns
    -------
    (object array, count)
    """
    texts = np.array(texts, dtype=object)
    found = np.array([not text.isalnum() and bool(_CONTACT.search(text)) for text in texts], dtype=bool)
    texts[found] = ""
    return texts, int(found.sum())


def _is_full_name(text):
    words = text.replace(".", "").casefold().split()
    return 2 <= len(words) <= 3 and words[0] in _GIVEN_NAMES and all(word.isalpha() for word in words)
