"""What words beside an offence mean, and words of alerts: dispositions, weapons, which kind of gunfire, or none at all.

A word that is unclear is never guessed: the import tells it with its count.
"""
from __future__ import annotations

import re
from typing import Iterable, Optional, Sequence

from .offences import NOTHING_HAPPENED, plain_words, spelled_out
from .value_words import is_true

NO_ALERT = "not a gunfire alert"


def says_nothing_happened(disposition: str, column: str = "") -> bool:
    """Whether a disposition says that there was no crime or no shot: unfounded, cancelled, a duplicate, a test.

    A yes or no answers the name of its column: a Y under Unfounded, an N under Gunfire.
    """
    return bool(NOTHING_HAPPENED.search(_answered(disposition, column)))


_STATUS = re.compile(r"\b(CLOSED|CLEARED|OPEN|(IN)?ACTIVE|ARREST\w*|PENDING|SUSPENDED|FOUNDED|EXCEPTION\w*|REPORT)\b")
_MOST_STATUSES = 60


def tells_dispositions(texts: Sequence[str]) -> bool:
    """Whether the distinct texts of a column are what came of incidents, one of them that there was none."""
    return len(texts) <= _MOST_STATUSES and any(map(says_nothing_happened, texts)) and any(
        _STATUS.search(plain_words(text)) for text in texts if not says_nothing_happened(text))


_MOST_REVIEWS, _LONGEST_REVIEW = 60, 60
_NO_REVIEW = re.compile(r"\b(ADDR\w*|LOC|LOCATIONS?|STREETS?|BLOCKS?|PLACES?|PREMIS\w*|INTERSECTION|CROSS|AREA|BEAT|"
                        r"ZONE|DISTRICT|SECTOR|NEIGHBOU?R\w*|LANDMARK|SITE|COMMENTS?|NOTES?|NARRATIVE|REMARKS?)\b")


def tells_reviews(texts: Sequence[str], column: str) -> bool:
    """Whether the distinct texts of a column are what alerts were found to be: one of them that there was no gunfire,
    one that it was confirmed, or gunfire. Streets and remarks use such words otherwise."""
    if len(texts) > _MOST_REVIEWS or any(len(text) > _LONGEST_REVIEW for text in texts) or _NO_REVIEW.search(
            plain_words(column)):
        return False
    others = [text for text in texts if not is_no_alert(text) and re.search(r"[^\W\d_]", text)]
    return len(others) < len(texts) and any(map(is_no_alert, texts)) and any(
        _UNDECIDED.search(plain_words(text)) or alert_kind(text) for text in others)


def _answered(text: str, column: str) -> str:
    """The words of a value; of a yes or no those of its column."""
    words = plain_words(text)
    if not _FLAG.match(words):
        return words
    asked = re.sub(r"\b(IS|WAS|FLAG|INDICATOR) ?", "", plain_words(column))
    if words in ("1", "Y", "YES", "T", "TRUE"):
        return asked
    if words == "FALSE" and _VERDICT.search(asked):
        return words  # a verdict, and no answer to a question
    return re.sub(r"^NOT N(O|ON|OT) ", "", "NOT " + asked)


_GUN = re.compile(r"\b(GUN|HANDGUN|FIREARM|SHOTGUN|RIFLE|PISTOL|REVOLVER|SHOOTING|SHOT|GSW|GUNSHOT)S?\b")
_FLAG = re.compile(r"^(1|0|Y|N|YES|NO|T|F|TRUE|FALSE)$")
_VERDICT = re.compile(r"\b((RE)?CLASSIF\w*|VERDICT|DETERMIN\w*|ADJUDICAT\w*|DECISION|LABEL|TRUTH)\b")
_REVIEW = re.compile(_VERDICT.pattern + r"|\b(REVIEW|REVIEWED)( (AS|TYPE|RESULT|STATUS))?$")
_UNDECIDED = re.compile(r"\b(PENDING|(UN)?REVIEW\w*|UNK(NOWN)?|UNDETERMINED|UNCERTAIN|UNCLEAR|INCONCLUSIVE|OPEN|CLOSED|"
                        r"(UN)?CONFIRMED|(UN)?VERIFIED|VALID\w*|ACCEPTED|APPROVED|PUBLISHED|POSITIVE|COMPLETED?|DONE|"
                        r"NULL|N A|NONE)\b|^[\d ]*$")
"""What a review can say that does not tell what it was, or that it was what it was taken for."""


def firearms(texts: Iterable[str], is_weapon: bool) -> list[Optional[bool]]:
    """Whether the words of a column of weapons or offences mean a gun, one by one; ``None`` where they do not tell.

    Words like 1 or N answer only where the whole column is such answers: beside other words, 1 and 2 are codes of a
    method.
    """
    texts = [str(text).strip().upper() for text in texts]
    answers = is_weapon and all(_FLAG.match(text) for text in texts if text)
    return [_firearm(text, is_weapon, answers) for text in texts]


def _firearm(text: str, is_weapon: bool, answers: bool) -> Optional[bool]:
    if _GUN.search(text):
        return True
    if not is_weapon or not text or text.startswith(("UNK", "OTHER")):
        return None
    return is_true(text) if answers else False


# Gunfire

# What else bangs or rattles, and what else is called in words that gunfire shares.
_NOISE = re.compile(r"\b(NAIL|STAPLE|AIR|BB|PELLET|PAINT ?BALL|TOY|WATER|SPRAY|GREASE|STUN|RADAR) GUNS?\b|CONSTRUCTION|"
                    r"ROOFING|HAMMER|BACK ?FIR(E|ING)\b|HELICOPTER|\bTHUNDER|LIGHTNING|DUMPSTER|DEMOLITION|DOOR SLAM|"
                    r"MOTOR ?CYCLE|\bBELLS?\b|\bBARKING|GLASS BREAK|EXPLOSION|TRANSFORMER|^(OTHER )?NOISES?$|CALIBRAT|"
                    r"MAINTENANCE|^(DRILL|EXERCISE)$|\bDISMISS|\bREJECTED\b|\b(INVALID|NOT VALID)\b|\bRULED OUT|"
                    r"MIS ?CLASSIF|\bBLANKS?\b|\bSALUTE|\bCEREMON")
_OTHER_CALL = re.compile(r"\bACCIDENT|\bCRASH|COLLISION|\bMVA\b|SUSPICIOUS|"
                         r"\bGUN (SHOP|STORE|SHOW|RANGE|PERMIT|VIOLATION)|SHOOTING RANGE|TROUBLE ?SHOOT|"
                         r"\b(PERSON|MAN|MALE|FEMALE|WOMAN|SUBJECT|SUSPECT)S? (ARMED )?WITH (A )?GUN")
_GUNFIRE = r"(GUN ?FIRE|GUN ?SHOT|\bSHOTS?\b|SHOT ?SPOTTER|SHOOTING|\b\d+SS\b|\bSST\b)"
_DENIED_GUNFIRE = re.compile(spelled_out(
    r"<DENIED>((LIVE|AUDIBLE|REAL|OUTDOOR) )?(GUNS?\b|ROUNDS?\b|<GUNFIRE>)|\bNEG(ATIVE)? <GUNFIRE>|"
    r"<GUNFIRE>S?( (FIRED|HEARD|DETECTED))?( (WAS|WERE|IS|HAS BEEN|HAVE BEEN))? "
    r"(RULED OUT|EXCLUDED|DISPROVE[DN]|REFUTED|(NO|NONE|NEG|NEGATIVE|FALSE|NOT FOUND|NOT DETECTED)$)").replace(
        "<GUNFIRE>", _GUNFIRE))
_NAMES_GUNFIRE = re.compile(_GUNFIRE)
_DENIED_FIREWORKS = re.compile(r"\b(NOT?|NON|NEVER)( A| ANY)? (FIRE ?WORKS?|FIRE ?CRACKERS?|FWS?)\b")
# Words that tell a kind where nothing else is said: SINGLE alone does, SINGLE FAMILY DWELLING does not.
_BARE_KIND = re.compile(r"(\b(\d+|MULT\w*|SINGLE|PROBABLE|POSSIBLE|PROB|POSS|UNCONFIRMED|UNVERIFIED|[MP]S?ST|PSS|"
                        r"[MSP]GS?|MULS?|SN?GL|ROUNDS?|OR|MORE|(FULLY?|SEMI) AUTO|"
                        r"(FULLY |SEMI )?AUTOMATIC|WEAPON|HIGH|CAPACITY|ALERT|EVENT|INCIDENT|ACTIVATION) ?)+")
_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in (
    (r"FIRE ?CRACKER|FIRE ?WORK|PYROTECHN|\bROMAN CANDLE|\bBOTTLE ?ROCKET|\bSPARKLER|\bM ?80S?\b|\bFWK?S?\b|^FCR?S?$",
     "firecracker"),
    (r"PROBABLE|POSSIBLE|UNCONFIRMED|UNVERIFIED|NOT (CONFIRMED|VERIFIED)|\bPSST\b|\bPSS\b|\bPGS?\b|\b(PROB|POSS)\b",
     "probable"),
    (r"\bMULT\w*|\bMSST\b|\bMGS?\b|^MULS?$", "multiple"), (r"\bSINGLE\b|\bSGS?\b|^(SGL|SNGL)$", "single"),
    (_GUNFIRE + r"|\bAUTO(MATIC)?\b|HIGH CAPACITY|(\d|\bMORE) ROUNDS?\b", "unknown"),
))


def alert_kind(text: str) -> Optional[str]:
    """single, multiple, probable, firecracker or unknown; ``None`` where the words speak of no gunfire, or deny it."""
    text = _DENIED_FIREWORKS.sub(" ", plain_words(text)).strip()
    if not text:
        return "unknown"
    if is_no_alert(text) or _OTHER_CALL.search(text):
        return None
    kind = next((kind for pattern, kind in _KINDS if pattern.search(text)), None)
    return kind if kind == "firecracker" or _NAMES_GUNFIRE.search(text) or _BARE_KIND.fullmatch(text) else None


def is_no_alert(text: str, column: str = "") -> bool:
    """Whether words, or a yes or no to the name of a column, say that an alert was no gunfire: reviewed as none, a
    test, a backfire."""
    words = _answered(text, column)
    return any(pattern.search(words) for pattern in (NOTHING_HAPPENED, _DENIED_GUNFIRE, _NOISE))


def reviewed_as_else(texts: Sequence[str], column: str) -> list[bool]:
    """Which of a column's words are of a review, and call an alert something that is no gunfire: music, a car door.

    Parameters
    ----------
    texts : sequence of str
        All that stands in the column: its words for gunfire make it a review of what was heard.

    Returns
    -------
    list of bool
    """
    kinds = [alert_kind(text) if text else None for text in texts]
    heard = _REVIEW.search(plain_words(column)) and any(kinds)
    return [bool(heard and kind is None and not _FLAG.match(words) and not _UNDECIDED.search(words))
            for kind, words in zip(kinds, map(plain_words, texts))]


def names_gunfire(text: str) -> bool:
    """Whether words speak of gunfire, be it to deny it."""
    return bool(_NAMES_GUNFIRE.search(plain_words(text)))


def is_code(text: str) -> bool:
    """Whether a text is empty, short or with a digit, so that it may be a code of anything, instead of plain words."""
    return bool(re.fullmatch(r"[A-Z]{0,4}|.*\d.*", plain_words(text)))
