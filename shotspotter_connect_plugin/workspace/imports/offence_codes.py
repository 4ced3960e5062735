"""Numbers and letters that stand for offences: the known systems of codes, and which of them a column can be.

One number means different things in different systems (220 is a burglary in NIBRS, a rape in UCR, a robbery in others),
so that a code is read only where every system that its whole column can be agrees.
"""
from __future__ import annotations

import re
from typing import Callable, NamedTuple, Optional, Sequence

from .column_names import words_of
from .offences import BIASED, NO_CRIME, OTHER, SEVERITY, UNCLEAR

_FITS, _AGREES, _PAIRS = 0.97, 0.9, 3
"""Share of a column's distinct codes that a system must know; share of those codes whose words it must agree with, once
there are so many that have words."""

# FBI, Uniform Crime Reporting Handbook (2004): the classes of offences.
_CLASSES = {1: "homicide", 3: "robbery", 4: "aggravated_assault", 5: "burglary", 6: "theft", 7: "motor_vehicle_theft",
            15: BIASED, 16: BIASED, 18: BIASED, 19: BIASED, 21: BIASED, 22: BIASED, 23: BIASED, 24: BIASED, 28: BIASED,
            29: BIASED}
_LAST_CLASS = 39


def _of_class(number: int) -> Optional[str]:
    return _CLASSES.get(number, OTHER) if 1 <= number <= _LAST_CLASS else None


def _ucr(code: str) -> Optional[str]:
    """100, 0110, 00619, 01XX, 05RB, 06MV: the class, then what kind; 012 and the like are killings by negligence."""
    found = re.fullmatch(r"0{0,2}([1-9]\d?)(\d\d|XX)|(\d\d)([A-Z]{2})", code)
    if not found:
        return None
    number, kind = int(found[1] or found[3]), found[2] or found[4]
    if number == 1 and kind.isdecimal() and int(kind) > 11:
        return OTHER if 12 <= int(kind) <= 29 else UNCLEAR
    return _of_class(number)


def _fbi(code: str) -> Optional[str]:
    """01A, 04B, 06: the classes as Chicago's FBI codes write them; 01B is a killing by negligence."""
    found = re.fullmatch(r"(\d\d)([AB]?)", code)
    if not found or int(found[1]) > 29:
        return None
    return OTHER if code == "01B" else _of_class(int(found[1]))


def _st_louis(code: str) -> Optional[str]:
    """31112, 265321: the class, then four digits (St. Louis Metropolitan Police, crime files)."""
    return _of_class(int(code[:-4])) if re.fullmatch(r"[1-9]\d?\d{4}", code) else None


# FBI, NIBRS User Manual (2023), Group A and B.
_NIBRS = {
    **dict.fromkeys("09A".split(), "homicide"), **dict.fromkeys("120".split(), "robbery"),
    **dict.fromkeys("13A".split(), "aggravated_assault"), **dict.fromkeys("220".split(), "burglary"),
    **dict.fromkeys("23A 23B 23C 23D 23E 23F 23G 23H".split(), "theft"),
    **dict.fromkeys("240".split(), "motor_vehicle_theft"),
    **dict.fromkeys("09B 09C 100 11A 11B 11C 11D 13B 13C 200 210 250 26A 26B 26C 26D 26E 26F 26G 26H 270 280 290 30A "
                    "30B 30C 30D 360 36A 36B 36C 370 49A 49B 49C 510 61A 61B 64A 64B 720 101 103 90A 90Z 90F 90I "
                    "90K".split(), OTHER),
    **dict.fromkeys("35A 35B 39A 39B 39C 39D 40A 40B 40C 520 521 522 526 58A 58B 90B 90C 90D 90E 90G 90H 90J 90L "
                    "90M".split(), BIASED)}


def _nibrs(code: str) -> Optional[str]:
    return _NIBRS.get("0" + code if re.fullmatch(r"9[ABC]", code) else code)


# Chicago Police Department, Illinois Uniform Crime Reporting codes (data.cityofchicago.org, c7ck-438e).
_IUCR = {
    **dict.fromkeys("0110 0130".split(), "homicide"),
    **dict.fromkeys("0312 0313 031A 031B 0320 0325 0326 0330 0331 0334 0337 033A 033B 0340".split(), "robbery"),
    **dict.fromkeys("041A 041B 0420 0430 0450 0451 0452 0453 0461 0462 0479 0480 0481 0482 0483 0485 0487 0488 0489 "
                    "0495 0496 0497 0498 0499 051A 051B 0520 0530 0550 0551 0552 0553 0555 0556 0557 0558".split(),
                    "aggravated_assault"),
    **dict.fromkeys("0610 0620 0630 0650".split(), "burglary"),
    **dict.fromkeys("0810 0820 0830 0850 0860 0865 0870 0880 0890 0895".split(), "theft"),
    **dict.fromkeys("0910 0915 0917 0918 0920 0925 0927 0928 0930 0935 0937 0938".split(), "motor_vehicle_theft"),
    "1477": "gunfire"}


def _iucr(code: str) -> Optional[str]:
    """Four places; those that a spreadsheet left of 0820 are three."""
    code = code.zfill(4) if re.fullmatch(r"\d{3}|\d\d[AB]", code) else code
    if code in _IUCR or not re.fullmatch(r"\d{3}[\dABPRT]", code):
        return _IUCR.get(code)
    return None if re.match(r"03|0[679]|08[^4]", code) else OTHER


# NCIC Uniform Offense Classifications; Denver's and Atlanta's exports write them.
def _ncic(code: str) -> Optional[str]:
    code = code.zfill(4)
    if not re.fullmatch(r"\d{4}", code) or not 9 <= int(code[:2]) <= 73:
        return None
    few = {"0909": OTHER, "0910": OTHER, "0999": UNCLEAR, "1313": OTHER, "1316": OTHER, "1399": UNCLEAR,
           "2206": NO_CRIME, "2410": UNCLEAR, "2499": UNCLEAR, **dict.fromkeys(("2406", "2407", "2408", "2409"), OTHER)}
    groups = {"09": "homicide", "12": "robbery", "13": "aggravated_assault", "22": "burglary", "23": "theft",
              "24": "motor_vehicle_theft", "35": BIASED, "39": BIASED, "40": BIASED, "41": BIASED, "48": BIASED,
              "52": BIASED, "54": BIASED}
    return few.get(code) or groups.get(code[:2], OTHER)


# Michigan Incident Crime Reporting, offence codes: NCIC's groups, of which some numbers mean something else.
def _michigan(code: str) -> Optional[str]:
    few = {"0901": "homicide", "0902": OTHER, "0903": OTHER, "0904": OTHER, "0905": OTHER, "1301": OTHER,
           "1302": "aggravated_assault", "1303": OTHER}
    code = code.zfill(4)
    if code[:2] in ("09", "13"):
        return few.get(code)
    return _ncic(code)


def _texas(code: str) -> Optional[str]:
    """Texas DPS, eight digits: NCIC's number, then four more; 2299 is a burglary of anything, vehicles too."""
    if not re.fullmatch(r"\d{8}", code) or _ncic(code[:4]) is None:
        return None
    few = {"22990001": "burglary", "22990002": "theft", "22990003": "burglary"}
    return few.get(code, UNCLEAR if code.startswith("2299") else _ncic(code[:4]))


# KY_CD of complaints (data.cityofnewyork.us, 5uac-w243): grand and petit larceny count, of vehicles apart.
_KY = {
    "101": "homicide", "105": "robbery", "106": "aggravated_assault", "107": "burglary", "109": "theft",
    "110": "motor_vehicle_theft", "341": "theft",
    **dict.fromkeys("102 103 104 111 112 113 114 115 116 117 118 119 120 121 122 123 124 125 126 230 231 232 233 234 "
                    "235 236 237 238 340 342 343 344 345 346 347 348 349 350 351 352 353 354 355 356 357 358 359 360 "
                    "361 362 363 364 365 366 460 571 572 577 578 672 675 676 677 678 685 880".split(), OTHER)}
# Crm Cd of reported crimes (data.lacity.org, 2nrs-mtv8).
_CRM = {
    "110": "homicide", **dict.fromkeys("210 220".split(), "robbery"),
    **dict.fromkeys("230 231 235 236 250 251".split(), "aggravated_assault"),
    **dict.fromkeys("310 320".split(), "burglary"),
    **dict.fromkeys("330 331 341 343 345 350 351 352 353 410 420 421 440 441 442 443 444 445 450 451 452 453 470 471 "
                    "472 473 474 475 480 485 487".split(), "theft"),
    **dict.fromkeys("433 510 520".split(), "motor_vehicle_theft"), "753": "gunfire",
    **dict.fromkeys("113 121 122 237 354 347 349 432 434 435 436 437 438 439 446 521 522 622 623 624 625 626 627 647 "
                    "648 649 651 652 653 654 660 661 662 664 666 668 670 740 745 755 756 760 761 762 763 805 806 810 "
                    "812 813 814 815 820 821 822 830 840 845 850 860 865 870 880 882 884 886 888 890 900 901 902 903 "
                    "904 906 910 920 921 922 924 926 928 930 931 932 933 940 942 943 944 946 948 949 950 951 954 "
                    "956".split(), OTHER)}


class CodeSystem(NamedTuple):
    """A system of codes: what a code means in it (``None`` where it has no such code), words that a column's name says
    of it, and codes of which a column of it has two at least."""

    meaning: Callable[[str], Optional[str]]
    names: tuple[str, ...]
    usual: re.Pattern[str]


SYSTEMS = {
    "UCR": CodeSystem(_ucr, ("ucr",), re.compile(r"0{0,2}([3-7])(\d\d|XX)|0([3-7])[A-Z]{2}")),
    "FBI": CodeSystem(_fbi, ("fbi",), re.compile(r"0([3567])")),
    "St. Louis": CodeSystem(_st_louis, ("ucr",), re.compile(r"([3-7])\d{4}")),
    "NIBRS": CodeSystem(_nibrs, ("nibrs", "ibr"), re.compile(r"(09A|120|13[AB]|220|23[A-H]|240)")),
    "Chicago IUCR": CodeSystem(_iucr, ("iucr",), re.compile(
        r"0?(3[123]|4[123568]|5[1235]|61|62|81|82|86|91|92)[\dAB]")),
    "NCIC": CodeSystem(_ncic, ("ncic", "ibr"), re.compile(r"(0?9|12|13|22|23|24)\d\d")),
    "Michigan": CodeSystem(_michigan, ("state", "micr"), re.compile(r"(0?9|12|13|22|23|24)\d\d")),
    "Texas": CodeSystem(_texas, ("state", "ncic"), re.compile(r"(09|12|13|22|23|24)\d{6}")),
    "KY": CodeSystem(_KY.get, ("ky",), re.compile(r"(10[1-79]|110|341)")),
    "Crm Cd": CodeSystem(_CRM.get, ("crm",), re.compile(r"(210|220|230|3[13]0|420|440|510)"))}
"""Name -> system."""


def plain_code(text: str) -> str:
    """A code in one form: capitals, without blanks, points of thousands and the .0 of a spreadsheet."""
    return re.sub(r"\.0$|[\s.\-/]", "", str(text).strip()).upper()


def looks_like_code(text: str) -> bool:
    """Whether a text has the form of a code: digits, with letters only behind them."""
    return bool(re.fullmatch(r"\d{1,8}|\d{2,3}[A-Z]{1,2}|\d[A-Z]", plain_code(text)))


def systems_of(codes: Sequence[str], column: str, meant: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the systems that a column's codes can be of; none where they can be of no known one.

    Parameters
    ----------
    codes : sequence of str
        Its distinct values.
    column : str
        Its name, which may name a system.
    meant : sequence of str
        The crime type that words beside each code tell, "" where none do: a system that says otherwise is none.
    """
    plain = [plain_code(code) for code in codes]
    meant = list(meant) or [""] * len(plain)
    fitting = [name for name in SYSTEMS if _fits(name, plain)]
    told = [(code, words) for code, words in zip(plain, meant) if words in SEVERITY]
    if len(told) >= _PAIRS:
        return tuple(name for name in fitting if sum(
            SYSTEMS[name].meaning(code) == words for code, words in told) >= _AGREES * len(told))
    named = tuple(name for name in fitting if set(SYSTEMS[name].names) & set(words_of(column)))
    return named or tuple(fitting)


def _fits(name: str, codes: Sequence[str]) -> bool:
    system = SYSTEMS[name]
    codes = [code for code in codes if code]
    usual = {found[0] for found in map(system.usual.fullmatch, codes) if found}
    return len(usual) > 1 and sum(system.meaning(code) is not None for code in codes) >= _FITS * len(codes)


def code_meaning(code: str, systems: Sequence[str]) -> Optional[tuple[str, str]]:
    """(crime type or reason, why) of a code in the systems its column can be of; ``None`` where they do not know it.

    Where the systems say different things of it, it is unclear.
    """
    plain = plain_code(code)
    found = {name: SYSTEMS[name].meaning(plain) for name in systems}
    meanings = {name: meaning for name, meaning in found.items() if meaning is not None}
    if not meanings:
        return None
    names = " and ".join(meanings)
    if len(set(meanings.values())) == 1:
        return next(iter(meanings.values())), f"code {plain} of {names}"
    if not set(meanings.values()) & set(SEVERITY):
        return OTHER, f"code {plain} of {names}"
    return UNCLEAR, f"code {plain} means different things in {names}"
