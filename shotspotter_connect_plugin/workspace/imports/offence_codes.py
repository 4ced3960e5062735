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

# Classes of offences: Federal Bureau of Investigation, Uniform Crime Reporting Handbook (2004), 1 to 29; 30 to 39 are
# incidents without a crime at the Boston Police Department (RMS offense codes, Analyze Boston, 2018).
_CLASSES = {1: "homicide", 3: "robbery", 4: "aggravated_assault", 5: "burglary", 6: "theft", 7: "motor_vehicle_theft",
            15: BIASED, 16: BIASED, 18: BIASED, 19: BIASED, 21: BIASED, 22: BIASED, 23: BIASED, 24: BIASED, 25: BIASED,
            27: BIASED, 28: BIASED, 29: BIASED}
_LAST_CLASS = 39


def _of_class(number: int) -> Optional[str]:
    return _CLASSES.get(number, OTHER) if 1 <= number <= _LAST_CLASS else None


# Kinds within a class: the Handbook's killings by negligence and simple assaults (Dallas Police Department, police
# incidents of 2017, counts 450 as ASSAULT too), and Boston's: 112 a felon killed by police, 114 police killed by a
# felon, 701 to 790 vehicles recovered that were stolen elsewhere or before.
_KINDS = {112: OTHER, **dict.fromkeys((114, 701, 702, 711, 712, 713, 715, 735, 770, 780, 790), UNCLEAR)}


def _ucr(code: str) -> Optional[str]:
    """100, 0110, 00619, 01XX, 05RB, 06MV: the class, then what kind; 012 and the like are killings by negligence, 045
    and the like simple assaults."""
    found = re.fullmatch(r"0{0,2}([1-9]\d?)(\d\d|XX)|(\d\d)([A-Z]{2})", code)
    if not found:
        return None
    number, kind = int(found[1] or found[3]), found[2] or found[4]
    if not kind.isdecimal():
        return _of_class(number)
    exact = 100 * number + int(kind)
    if exact in _KINDS:
        return _KINDS[exact]
    if 112 <= exact < 200:
        return OTHER if exact < 130 else UNCLEAR
    return OTHER if 450 <= exact < 460 else _of_class(number)


# Chicago Police Department, FBI codes as its crimes export pairs them with IUCR codes (City of Chicago, Crimes 2001 to
# present, rows of 2015 to 2021): 01B is a killing by negligence, 08 are simple assaults and batteries.
_FBI = {"01A": "homicide", "03": "robbery", "05": "burglary", "06": "theft", "07": "motor_vehicle_theft",
        **dict.fromkeys("04A 04B".split(), "aggravated_assault"),
        **dict.fromkeys("01B 02 08A 08B 09 10 11 12 13 14 17 20 26".split(), OTHER),
        **dict.fromkeys("15 16 18 19 22 24".split(), BIASED)}


def _st_louis(code: str) -> Optional[str]:
    """31112, 265321: the class, then four digits. Homicides are 10000 alone, assaults 41 to 44 by weapon.

    Metropolitan Police Department, City of St. Louis, crime files of 2017; classes by C. Prener, compstatr (2020).
    """
    found = re.fullmatch(r"(1)0000|(4)[1-4]\d{3}|([235-9]|1\d|2\d)\d{4}", code)
    return _of_class(int(found[1] or found[2] or found[3])) if found else None


# Federal Bureau of Investigation, NIBRS User Manual (2019 and later), Groups A and B, as listed by SEARCH, The National
# Consortium for Justice Information and Statistics, NIBRS tools (2016 to 2021).
_NIBRS = {
    **dict.fromkeys("09A".split(), "homicide"), **dict.fromkeys("120".split(), "robbery"),
    **dict.fromkeys("13A".split(), "aggravated_assault"), **dict.fromkeys("220".split(), "burglary"),
    **dict.fromkeys("23A 23B 23C 23D 23E 23F 23G 23H".split(), "theft"),
    **dict.fromkeys("240".split(), "motor_vehicle_theft"),
    **dict.fromkeys("09B 09C 100 11A 11B 11C 11D 13B 13C 200 210 250 26A 26B 26C 26D 26E 26F 26G 26H 270 280 290 30A "
                    "30B 30C 30D 36A 36B 370 49A 49B 49C 510 61A 61B 620 64A 64B 720 101 103 90A 90Z 90F 90I "
                    "90K".split(), OTHER),
    **dict.fromkeys("35A 35B 39A 39B 39C 39D 40A 40B 40C 520 521 522 526 58A 58B 90B 90C 90D 90E 90G 90H 90J 90L "
                    "90M".split(), BIASED)}


def _nibrs(code: str) -> Optional[str]:
    return _NIBRS.get("0" + code if re.fullmatch(r"9[ABC]", code) else code)


# Chicago Police Department, Illinois Uniform Crime Reporting (IUCR) Codes (City of Chicago, edition of 2024). What it
# calls aggravated but no index crime (hands, no or minor injury) is simple, as its FBI codes say.
_IUCR = {
    **dict.fromkeys("0110 0130".split(), "homicide"),
    **dict.fromkeys("0312 0313 031A 031B 0320 0325 0326 0330 0331 0334 0337 033A 033B 0340".split(), "robbery"),
    **dict.fromkeys("041A 041B 0420 0430 0450 0451 0452 0453 0461 0462 0479 0480 0481 0482 0483 0485 0487 0488 0489 "
                    "0490 0491 0492 0493 0495 0496 0497 0498 0499 0510 051A 051B 0520 0530 0550 0551 0552 0553 0555 "
                    "0556 0557 0558".split(), "aggravated_assault"),
    **dict.fromkeys("0610 0620 0630 0650".split(), "burglary"),
    **dict.fromkeys("0810 0820 0830 0850 0860 0865 0870 0880 0890 0895".split(), "theft"),
    **dict.fromkeys("0910 0915 0917 0918 0920 0925 0927 0928 0930 0935 0937 0938".split(), "motor_vehicle_theft"),
    **dict.fromkeys("0141 0142 0261 0262 0263 0264 0265 0266 0271 0272 0273 0274 0275 0281 0291 0440 0454 0460 0470 "
                    "0475 0484 0486 0494 0545 0554 0560 0580 0581 0583 0584 0840 0841 0842 0843".split(), OTHER),
    "1477": "gunfire"}


def _iucr(code: str) -> Optional[str]:
    """Four places; those that a spreadsheet left of 0820 are three. From 1000 on nothing but 1477 counts."""
    code = code.zfill(4) if re.fullmatch(r"\d{3}|\d\d[AB]", code) else code
    if code in _IUCR or not re.fullmatch(r"[1-5]\d\d[\dABCEHNPRT]", code):
        return _IUCR.get(code)
    # Weapons, prostitution, gambling, drugs and liquor.
    return BIASED if re.match(r"14[1-7]|15[0-2]|153[01]|1549|1[689]|2[012]|2900", code) else OTHER


# Federal Bureau of Investigation, NCIC Uniform Offense Classifications, as listed by Recidiviz (2023) and in the NCIC
# Code Manual of the Alabama Criminal Justice Information Center (2012); Denver's and Atlanta's exports write them
# (Denver Police Department, offense codes, 2018).
_NCIC = {
    **dict.fromkeys("0901 0902 0903 0904 0905 0906 0907 0908 0911 0912".split(), "homicide"),
    **dict.fromkeys("1201 1202 1203 1204 1205 1206 1207 1208 1209 1210 1211 1212 1299".split(), "robbery"),
    **dict.fromkeys("1301 1302 1303 1304 1305 1306 1307 1308 1309 1310 1311 1312 1314 1315".split(),
                    "aggravated_assault"),
    **dict.fromkeys("2201 2202 2203 2204 2205 2207 2299".split(), "burglary"), "2206": NO_CRIME,
    **dict.fromkeys("2301 2302 2303 2304 2305 2306 2307 2308 2309 2310 2311 2312 2314 2315 2316 2399".split(), "theft"),
    # 2402, stolen and stripped, is a theft from a vehicle at Denver.
    **dict.fromkeys("2401 2403 2404 2411".split(), "motor_vehicle_theft"),
    **dict.fromkeys("0101 0102 0103 0104 0105 0106 0199 0201 0299 0301 0302 0303 0399 0909 0910 1313 1316 2313 2406 "
                    "2407 2408 2409".split(), OTHER),
    # 5213, firing, is flourishing too at Denver.
    "5213": UNCLEAR, "5707": BIASED}
_NCIC_GROUPS = {
    **dict.fromkeys("09 12 13 22 23 24".split(), UNCLEAR),
    **dict.fromkeys("10 11 14 16 17 20 21 25 26 27 28 29 36 37 38 49 50 51 55 56 57 58 59 60 61 62 63 64 70 71 72 73 "
                    "81".split(), OTHER),
    **dict.fromkeys("35 39 40 41 42 48 52 53 54".split(), BIASED)}


def _ncic(code: str) -> Optional[str]:
    """Four digits, of which the first two tell the group; a number that a group of counted crimes does not list, or
    lists without saying which crime it was, is unclear."""
    code = code.zfill(4)
    return _NCIC.get(code) or _NCIC_GROUPS.get(code[:2]) if re.fullmatch(r"\d{4}", code) else None


# Michigan State Police, Michigan Incident Crime Reporting: file classes of five digits (Offense File Class Mapping
# Chart, Appendix F, 2015) and the four digits that Detroit writes for them (City of Detroit, crime viewer, 2018 to
# 2023). Groups are NCIC's, but not what stands in them: homicides and assaults are these alone; 2203 to 2299, 2402 to
# 2499, and 30, retail fraud, are unclear.
_MICHIGAN = {
    **dict.fromkeys("0901 09001".split(), "homicide"), **dict.fromkeys("12000 12001 12002".split(), "robbery"),
    **dict.fromkeys("1302 13002 13012".split(), "aggravated_assault"),
    **dict.fromkeys("2201 2202 22001 22002".split(), "burglary"), "22004": NO_CRIME,
    **dict.fromkeys("23001 23002 23003 23004 23005 23006 23007 23009 23010 23079".split(), "theft"),
    **dict.fromkeys("2401 24001".split(), "motor_vehicle_theft"),
    **dict.fromkeys("0902 0903 0904 09002 09003 09004 1301 1303 13001 13003 13016 22003 24002 24003".split(), OTHER)}


def _michigan(code: str) -> Optional[str]:
    code = code.zfill(5 if code.startswith("900") else 4)
    if not re.fullmatch(r"\d{4,5}", code):
        return None
    if code in _MICHIGAN or re.match(r"09|13|22|24|30", code):
        return _MICHIGAN.get(code, UNCLEAR if code[0] in "23" else None)
    return OTHER if code[:2] == "75" else _ncic(code) if len(code) == 4 else _NCIC_GROUPS.get(code[:2])


# Texas Department of Public Safety, Appendix K, Offense Codes (version 19, 2023): NCIC's number, then four of its own.
# What these mean within burglary, larceny and assault: Dallas Police Department, police incidents of 2017 with penal
# code and UCR offense; 22990003 is an intended assault, 23990027 a theft of service, which is fraud.
_TEXAS = {
    **dict.fromkeys("22990001 22990002".split(), "burglary"),
    **dict.fromkeys("22990004 22990005 23990003 23990004 23990008 23990009 23990067 23990132 23990157 "
                    "23990160".split(), "theft"),
    **dict.fromkeys("13990001 23990027".split(), OTHER)}


def _texas(code: str) -> Optional[str]:
    """Eight digits; those that a spreadsheet left of 09990017 are seven."""
    code = code.zfill(8) if re.fullmatch(r"9\d{6}", code) else code
    if not re.fullmatch(r"\d{8}", code):
        return None
    return _TEXAS.get(code, UNCLEAR if code[:4] in ("2299", "2399") else _ncic(code[:4]))


# New York City Police Department, KY_CD and OFNS_DESC of NYPD Complaint Data Historic (City of New York, 2006 to 2025).
_KY = {
    "101": "homicide", "105": "robbery", "106": "aggravated_assault", "107": "burglary", "231": NO_CRIME,
    **dict.fromkeys("109 341".split(), "theft"), **dict.fromkeys("110 342 353".split(), "motor_vehicle_theft"),
    **dict.fromkeys("115 117 118 119 122 234 235 236 346 347 348 350 352 356 360 455 460 571 572 577 672 881".split(),
                    BIASED),
    **dict.fromkeys("102 103 104 111 112 113 114 116 120 121 123 124 125 126 230 232 233 237 238 340 343 344 345 349 "
                    "351 354 355 357 358 359 361 362 363 364 365 366 578 675 676 677 678 685".split(), OTHER)}
# Los Angeles Police Department, Crm Cd and Crm Cd Desc of Crime Data from 2020 to Present (City of Los Angeles, 2020 to
# 2024), grouped as in its UCR reporting and COMPSTAT codes (2018). 761 and 926 are aggravated assaults there, although
# their words name none; 349, 446 and 522 have been called thefts and frauds, or vehicles and bicycles.
_CRM = {
    "110": "homicide", **dict.fromkeys("210 220".split(), "robbery"),
    **dict.fromkeys("230 231 235 236 250 251".split(), "aggravated_assault"),
    **dict.fromkeys("310 320".split(), "burglary"),
    **dict.fromkeys("330 331 341 343 345 350 351 352 353 410 420 421 440 441 442 443 444 445 450 451 452 453 470 471 "
                    "472 473 474 475 480 485 487".split(), "theft"),
    **dict.fromkeys("433 510 520".split(), "motor_vehicle_theft"), "753": "gunfire",
    **dict.fromkeys("349 446 522 761 926".split(), UNCLEAR),
    **dict.fromkeys("437 438 805 806 865 888 890".split(), BIASED),
    **dict.fromkeys("113 121 122 237 347 354 432 434 435 436 439 622 623 624 625 626 627 647 648 649 651 652 653 654 "
                    "660 661 662 664 666 668 670 740 745 755 756 760 762 763 810 812 813 814 815 820 821 822 830 840 "
                    "845 850 860 870 880 882 884 886 900 901 902 903 904 905 906 910 920 921 922 924 928 930 931 932 "
                    "933 940 942 943 944 946 948 949 950 951 952 954 956".split(), OTHER)}


class CodeSystem(NamedTuple):
    """A system of codes: what a code means in it (``None`` where it has no such code), words that a column's name says
    of it, and codes of which a column of it has two at least."""

    meaning: Callable[[str], Optional[str]]
    names: tuple[str, ...]
    usual: re.Pattern[str]


SYSTEMS = {
    "UCR": CodeSystem(_ucr, ("ucr",), re.compile(r"0{0,2}([3-7])(\d\d|XX)|0([3-7])[A-Z]{2}")),
    "FBI": CodeSystem(_FBI.get, ("fbi",), re.compile(r"0([3567])")),
    "St. Louis": CodeSystem(_st_louis, ("ucr",), re.compile(r"([3-7])\d{4}")),
    "NIBRS": CodeSystem(_nibrs, ("nibrs", "ibr"), re.compile(r"(09A|120|13[AB]|220|23[A-H]|240)")),
    "Chicago IUCR": CodeSystem(_iucr, ("iucr",), re.compile(
        r"0?(3[123]|4[123568]|5[1235]|61|62|81|82|86|91|92)[\dAB]")),
    "NCIC": CodeSystem(_ncic, ("ncic", "ibr"), re.compile(r"(0?9|12|13|22|23|24)\d\d")),
    "Michigan": CodeSystem(_michigan, ("state", "micr"), re.compile(r"(0?9|12|13|22|23|24)0?\d\d")),
    "Texas": CodeSystem(_texas, ("state", "ncic", "cjis"), re.compile(r"(09|12|13|22|23|24)\d{6}")),
    "KY": CodeSystem(_KY.get, ("ky",), re.compile(r"(10[1-79]|110|341)")),
    "Crm Cd": CodeSystem(_CRM.get, ("crm",), re.compile(r"(210|220|230|3[13]0|420|440|510)"))}
"""Name -> system."""


_CODE = re.compile(r"\d{1,8}|\d{2,3}[A-Z]{1,2}|\d[A-Z]")
_BETWEEN_CODES, _OF_THOUSANDS = re.compile(r"[;|,/\r\n]"), re.compile(r"\d{1,3}(,\d{3})+")


def plain_code(text: str) -> str:
    """A code in one form: capitals, without blanks, points of thousands and the .0 of a spreadsheet."""
    return re.sub(r"\.0$|[\s.\-/]", "", str(text).strip()).upper()


def looks_like_code(text: str) -> bool:
    """Whether a text has the form of a code: digits, with letters only behind them; or lists several of them."""
    return _CODE.fullmatch(plain_code(text)) is not None or len(codes_in(text)) > 1


def codes_in(text: str) -> list[str]:
    """The codes that a cell lists, in one form each; of any other text that alone. 1,305 is one number."""
    plain = plain_code(text)
    if _CODE.fullmatch(plain) or _OF_THOUSANDS.fullmatch(plain):
        return [plain]
    parts = [plain_code(part) for part in _BETWEEN_CODES.split(text)]
    parts = [part for part in parts if part]
    return parts if len(parts) > 1 and all(map(_CODE.fullmatch, parts)) else [plain]


def systems_of(codes: Sequence[str], column: str, meant: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the systems that a column's codes can be of; none where they can be of no known one.

    Parameters
    ----------
    codes : sequence of str
        Its distinct values; a cell may list several codes.
    column : str
        Its name, which may name a system.
    meant : sequence of str
        The crime type that words beside each code tell, "" where none do: a system that says otherwise is none.
    """
    lists = [codes_in(code) for code in codes]
    # Words beside several codes do not tell which of them they are for.
    meant = [words if len(listed) == 1 else "" for listed, words in zip(lists, list(meant) or [""] * len(lists))
             for _ in listed]
    plain = [code for listed in lists for code in listed]
    fitting = [name for name in SYSTEMS if _fits(name, plain)]
    told = [(code, words) for code, words in zip(plain, meant) if words in SEVERITY]
    if len(told) >= _PAIRS:
        return tuple(name for name in fitting if _agrees(name, told))
    named = tuple(name for name in fitting if set(SYSTEMS[name].names) & set(words_of(column)))
    return named or tuple(fitting)


def _agrees(name: str, told: Sequence[tuple[str, str]]) -> bool:
    """Whether a system says of codes what the words beside them say; what it leaves unclear is no contradiction."""
    same = [meaning == words for meaning, words in (
        (SYSTEMS[name].meaning(code), words) for code, words in told) if meaning != UNCLEAR]
    return sum(same) >= max(_AGREES * len(same), 1)


def _fits(name: str, codes: Sequence[str]) -> bool:
    system = SYSTEMS[name]
    codes = [code for code in codes if code]
    usual = {found[0] for found in map(system.usual.fullmatch, codes) if found}
    return len(usual) > 1 and sum(system.meaning(code) is not None for code in codes) >= _FITS * len(codes)


def code_meaning(code: str, systems: Sequence[str]) -> Optional[tuple[str, str]]:
    """(crime type or reason, why) of a code, or of several in one cell, in the systems its column can be of; ``None``
    where they do not know it.

    Where the systems say different things of it, it is unclear. Of several codes the most serious crime type counts,
    unless one of them is unknown or unclear, says that there was none, or is recorded mostly where police look.
    """
    codes = codes_in(code)
    found = [_meaning_of_one(plain, systems) for plain in codes]
    if len(codes) == 1 or not any(found):
        return found[0]
    named = [told for told in found if told is not None and told[0] in SEVERITY]
    others = {UNCLEAR if told is None else told[0] for told in found} - set(SEVERITY)
    for meaning in (UNCLEAR, NO_CRIME, BIASED, OTHER):
        if meaning in others and (not named or meaning != OTHER):
            return UNCLEAR if named else meaning, f"codes {', '.join(codes)}, which together do not say it clearly"
    meaning, why = min(named, key=lambda told: SEVERITY[told[0]])
    return meaning, f"the most serious of codes {', '.join(codes)}: {why}"


def _meaning_of_one(plain: str, systems: Sequence[str]) -> Optional[tuple[str, str]]:
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
