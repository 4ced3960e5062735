"""What words of offences, alerts and dispositions mean: which crime, which kind of gunfire, or none at all.

The first rule that fits decides, word by word; no code per city. A word that is unclear is never guessed: it is not
counted, and the import tells it with its count.
"""
from __future__ import annotations

import re
from functools import lru_cache
from typing import Iterable, Optional, Sequence

from .value_words import is_true

BIASED = "never used in a forecast"
OTHER = "not a crime type of this workspace"
NO_CRIME = "no crime by its own words: unfounded, cancelled, an alarm, a test or the like"
UNCLEAR = "words that do not say clearly which crime it was"
NO_ALERT = "not a gunfire alert"

# Words that stand for others in the rules.
_STANDS_FOR = {
    "<NOT_MURDER>": r"(?<!NON )(?<!NOT )(NEGLIG\w*|NEG|JUST(?! OCC)|JUSTIF\w*|EXCUS\w*|SELF DEF\w*|ACCIDENT\w*|TRAFFIC|"
                    r"INVOLUNTARY|VEHICULAR|INTOX\w*|D ?[UW] ?I|<CAR>)",
    "<CAR>": r"(MOTOR VEH(ICLE)?|VEH(ICLE)?|AUTO|AUTOMOBILE|CAR|MV|MOTOR ?CYCLE|TRUCK|SCOOTER|MOPED)",
    "<PART>": r"(PLATE|TAG|DECAL|LICEN|KEY|BATTER|WHEEL|TIRE|STEREO|RADIO|PART|ACC|REPAIR)",
    "<ARM>": r"(DANGEROUS|DANG|DEADLY|GUN|HANDGUN|FIREARM|SHOTGUN|RIFLE|KNIFE|WEAPON|WEAP)",
    "<ASSAULT>": r"(ASSAULT|ASSLT|ASLT|BATTERY)",
    "<SHOT>": r"(SHOT|SHOOT\w*|GUN ?SHOT|GSW)",
    "<KILLING>": r"(HOMICIDE|MURDER|MANSLAUGHTER|\bMANS\b)",
    "<CRIME>": r"(ASSAULT|ASSLT|BATTERY|ROBBER|BURGLAR|BURG\b|THEFT|LARCENY|HOMICIDE|MURDER|SHOOTING|STABBING|SHOTS?\b|"
               r"GUN ?SHOTS?|GUN ?FIRE)",
    "<SERIOUS>": r"(ROBBER|BURGLAR|ASSAULT|SHOT|SHOOT|HOMICIDE|MURDER)",
    "<BACK>": r"(?<!NOT )(?<!NON )(RECOV\w*|RCVD|LOCATED|PURSUIT|CHASE)",
    "<DENIED>": r"\b(NOT|NON|NO|NEVER|WITHOUT|UNLIKELY|NEGATIVE FOR|RULED OUT|(LESS|OTHER) THAN)"
                r"( (AN?|ANY|THE|IS|TO|BE|BEEN|AS|OF|ACTUAL|ACTUALLY|CONFIRMED|REALLY|LIKELY|PROBABLY|BELIEVED|DEEMED|"
                r"DETERMINED|CONSIDERED|THOUGHT|FOUND TO BE|(EVIDENCE|SIGNS?|PROOF|INDICATIONS?|SOUNDS?) OF))* ",
}


def _spelled_out(pattern: str) -> str:
    for word, words in _STANDS_FOR.items():
        pattern = pattern.replace(word, words)
    return pattern


_NOT = r"(?<!\bNOT )(?<!\bNON )"
# What tells of an offence or an alert that it was none, in a column of offences or beside it.
_NOTHING_HAPPENED = re.compile(_NOT + (
    r"\b(UNFOUND\w*|UNFND|UNF|UNSUBSTANTIATED|BASELESS|CANCEL\w*|DUPLICATE\w*|VOID(ED)?|ERRONEOUS|IN ERROR|^ERROR|"
    r"HOAX|PRANK|SWATTING|FALSE\w*(?! (IMPRISON|PRETEN))|"
    r"(?<!DNA )(?<!DRUG )(?<!BREATH )TEST(S|ING)?(?! (DRIV|PENDING|KIT|RESULT))|TRAINING|SIMULAT\w*|"
    r"(ACTIVE SHOOTER|LOCKDOWN|POLICE) DRILL|NON ?CRIM(INAL)?|CRIME DID NOT|"
    r"(DID NOT|NEVER) (OCCUR|HAPPEN)(RED|ED)?|"
    r"CXL\w*|CANX|CNCL\w*|ENTRY ERROR)\b") +
    r"|\bNOT (FOUNDED|SUBSTANTIATED|BONA ?FIDE)\b|" +
    _spelled_out(r"<DENIED>(CRIME|CRIMINAL|OFFEN[CS]E|INCIDENT)\b(?! REPORT)"))

_OFFENCES = tuple((re.compile(_spelled_out(pattern)), code) for pattern, code in (
    # It says of itself that it was none.
    (r"(?<!\bNO )(?<!\bWITHOUT )(?<!THEFT OF )(?<!STOLEN )\b(ALARMS?|ALRM|ALM)\b|BACK ?FIR(E|ING)\b", NO_CRIME),
    (r"\bBURG\w*( S)? (TOOLS?|IMPLEMENTS?|INSTRUMENTS?|INST)\b(?! (STOLEN|TAKEN))|"
     r"(ROBBERY|SHOPLIFT\w*|HOUSEBREAK\w*) (TOOLS?|IMPLEMENTS?)\b|\bTHEFT (DETECTION|PREVENTION)\b|"
     r"\bPOSS\w* (OF )?(\w+ ){0,3}(TOOLS?|IMPLEMENTS?|INSTRUMENTS?)\b|TOOLS? (FOR|TO COMMIT) ", NO_CRIME),
    (r"\b(STOLEN|THEFT)( <CAR>)? (AND |& )?RECOVERED$", UNCLEAR),
    (r"<SERIOUS>.*\b<BACK>|\b<BACK>\b.*<SERIOUS>", UNCLEAR),
    (r"\b<BACK>\b|\bSTOLEN (\w+ ){1,2}FOUND|\bFOUND STOLEN|\bA?LPR\b|\bOCCUP\w* STOLEN|"
     r"\b(OTHER|OUTSIDE|FOREIGN) (AGENCY|JURIS\w*|DEPARTMENT|DEPT)\b|\bOUT OF (TOWN|JURIS\w*)|"
     r"\bASSIST (OTHER|OUTSIDE|POLICE|AGENCY|FIRE|EMS|CITIZEN|MOTOR\w*)|\bFOLLOW ?UP\b|\bSUPPLEMENT\w*|"
     r"^INFO(RMATION)?\b|\bLOCATE STOLEN|"
     r"\b(EXTRA|DIRECTED|SPECIAL|SATURATION|SECURITY) (PATROL|WATCH|ATTENTION)|\bSTAKE ?OUT|\bSURVEILLANCE|"
     r"\b(FIELD|SUBJECT|PEDESTRIAN) (INTERVIEW|CONTACT|STOP|CHECK)|<CRIME>\w* (DETAIL|UNIT|SQUAD|TASK FORCE)$|"
     r"(?<!OF )\bINFO(RMATION)?( ONLY)?$|\bPREVENTION\b|\bATTEMPT TO LOCATE\b", NO_CRIME),
    (r"\bSHOOTING (RANGE|FILM|VIDEO|MOVIE|GALLERY|TARGET|POOL|BB|FIREWORK\w*|DICE)|TARGET (SHOOTING|PRACTICE)|"
     r"TROUBLE ?SHOOT", NO_CRIME),
    (r"\b(WARRANTS?(?! (ISSUED|OBTAINED))|FUGITIVE|WANTED|SUSPICIOUS|PROBATION|PAROLE)\b|\bARREST\w* (FOR|ON) |"
     r"\bTRAFFIC (STOP|ACCIDENT|CRASH|COLLISION|HAZARD|COMPLAINT|VIOLATION)", BIASED),
    (r"<DENIED>(AGG|FELON)\w* <ASSAULT>|<ASSAULT>\b.*<DENIED>AGG|"
     r"\b(SIMPLE|COMMON|MINOR|OTHER|VEHICULAR|MISD\w*) <ASSAULT>|<ASSAULT> (\w+ )?(SIMPLE|MISD\w*)\b", OTHER),
    (r"\b(SEX\w*|INDECENT) (ASSAULT|BATTERY|ABUSE)|(ASSAULT|BATTERY) (\w+ )?SEX|\bRAPE\b|SODOMY", OTHER),
    (r"\bPOSS\w* (\w+ ){0,3}ASSAULT (WEAPON|RIFLE)|^ASSAULT (WEAPON|RIFLE)S? POSS", BIASED),
    (r"\bAGG\w* <ASSAULT>", "aggravated_assault"),
    # Looks like one of the seven but is counted elsewhere (FBI, Uniform Crime Reporting Handbook, 2004).
    (r"\b(CONSPIR\w*|SOLICIT\w*) (\w+ ){0,3}<CRIME>|<CRIME>\w* (\w+ ){0,2}(CONSPIR|SOLICIT|ACCESSORY)|"
     r"\bACCESSORY (TO|AFTER|BEFORE)\b|\bTHREAT\w* (TO|OF) |<ASSAULT> (\w+ )?THREATS?$|HIT (AND |& |N )?RUN", OTHER),
    (r"(?<!MURDER )(?<!HOMICIDE )(?<! AND )\bSUICID|SELF INFLICTED|"
     r"\b(ACCIDENT\w*|JUSTIF\w*|OFFICER INVOLVED|ANIMAL|DOG) (\w+ )?(<SHOT>|STABB\w*)|"
     r"(<SHOT>|STABB\w*) (\w+ )?(ACCIDENT\w*|JUSTIF\w*|OFFICER INVOLVED|ANIMAL|DOG|DEER)\b", OTHER),
    (r"\b(<NOT_MURDER>|RECKLESS)\b.*<KILLING>|<KILLING>.*\b<NOT_MURDER>\b", OTHER),
    (r"\bATT\w* (MURDER|HOMICIDE|TO (MURDER|KILL))|ASSAULT (\w+ ){0,3}TO (MURDER|KILL)|<KILLING> ATT(EMPT\w*)?\b",
     "aggravated_assault"),
    (r"\bSTOLEN (PROPERTY|GOODS)|\bPOSS\w* (OF )?STOLEN|RECEIVING|STOLEN <CAR> INVOLVED|"
     r"\b(MVA|ACCIDENT|COLLISION|CRASH)\b.*\bSTOLEN|\bSTOLEN\b.*\b(MVA|ACCIDENT|COLLISION|CRASH)\b", OTHER),
    (r"(IDENTITY|ID) THEFT|THEFT OF (SERVICE\w*|IDENTITY)|FRAUD|FORGERY|EMBEZZ|\bBUNCO\b|SWINDLE|CON(FIDENCE)? GAME|"
     r"COUNTERFEIT|FALSE PRETEN|DECEPTION|EXTORTION|BLACKMAIL", OTHER),
    (r"^ASSAULT (WEAPON|RIFLE)S?$|<ARM>S?( \w+)? (OR )?FIREWORK|SHOTS? (FIRED|HEARD) (OR )?FIREWORK|"
     r"FIREWORK\w* (OR )?(GUN ?(SHOTS?|FIRE)|SHOTS?)|\bLOST (OR )?(STOLEN|THEFT)|"
     r"<ASSAULT> (\w+ ){0,2}(NO|NOT|NON|WITHOUT|W O) (\w+ )?<ARM>", UNCLEAR),
    (r"(THEFT|LARCENY|LARC) (FROM|FRM|FR|F) (A )?<CAR>\b|<CAR> (PARTS|ACCESSOR\w*|BREAK ?INS?|PROWL\w*)|"
     r"\b(BURGLARY|BURG|BREAKING)( AND ENTERING| INTO| OF| FROM| TO)* (A )?<CAR>\b(?! THEFT)|"
     r"\b<CAR> BURG(LAR\w*)?\b|\bBMV\b|\bBURG\w* (OF )?(A )?(COIN|VENDING|PARKING METER|NEWS ?RACK)", "theft"),
    (r"HOMICIDE|\bMURDER|MANSLAUGHTER", "homicide"),
    (r"CAR ?JACK|\bROBBER|MUGGING|\bHOLD ?UP\b", "robbery"),
    (r"\bBURGL?[AU]R|\bBURGULA|\bBURG\b|BREAK(ING)? (AND |& )?ENTER|HOUSEBREAKING|\bB ?& ?E\b", "burglary"),
    (r"\b(THEFT|LARCENY|STEALING) (NOT|NON|OTHER THAN|EXCEPT)( FROM| OF)? (A )?<CAR>\b", "theft"),
    (r"\b<CAR> (ATT\w* )?(THEFT|LARCENY|STOLEN)|\bSTOLEN <CAR>\b(?! <PART>)|"
     r"(THEFT|LARCENY) (OF )?(A )?<CAR>\b(?! <PART>)|\bUUMV\b|\bUUV\b|\bDWOC\b|JOY ?RID|"
     r"WITHOUT OWNER\w*( S)? (CONSENT|PERMISSION)|UNAUTHORI[SZ]ED USE (OF )?(A )?<CAR>\b", "motor_vehicle_theft"),
    (r"\bADW\b|<ASSAULT>\w*( \w+)? AGG\w*|<ASSAULT> (\w+ ){0,2}<ARM>|\bFELON\w* <ASSAULT>|<ASSAULT> FELON|"
     r"^AGG\w* ((PO|P O|DOMESTIC|DV|CHILD|SENIOR) )*<ARM>|MENACING (\w+ )*(FELON|WEAP)|FELON\w* MENAC|"
     r"\bSHOOTING\b|\bSTABB(ING|ED)\b|\b(PERSON|MAN|WOMAN|MALE|FEMALE|VICTIM|SUBJECT) (SHOT|STABBED)\b|"
     r"\b(GUN ?SHOT|STAB|SHOT) WOUND|\bGSW\b", "aggravated_assault"),
    (r"\b(BB|AIR|PELLET|TOY|STUN|NAIL|PAINT ?BALL) GUN|\bACCIDENT\w* (\w+ )?DISCHARG|DISCHARG.*\bACCIDENT", OTHER),
    (r"SHOTS? (FIRED|HEARD)|DISCHARG\w* (OF )?(A )?(FIREARM|GUN|WEAPON)|\b(FIREARM|GUN|WEAPON)S? (\w+ )?DISCHARG|"
     r"SOUNDS? OF (GUN)? ?SHOTS?|SHOT ?SPOTTER|GUN ?FIRE|GUN ?SHOT (DETECTION|ALERT|SENSOR|AUDIO)", "gunfire"),
    (r"\bTHEFT|LARCEN|SHOPLIFT|PICK ?POCKET|POCKET PICK|PURSE ?SNATCH|\bSTEALING|"
     r"\b(BIKE|BICYCLE|BOAT|PURSE|WALLET|PHONE|PLATES?|TAGS?|TRAILER|GUN|FIREARM) STOLEN|"
     r"\bSTOLEN (\w+ )?(BIKE|BICYCLE|BOAT|PURSE|WALLET|PHONE|PLATE|TAG|LICENSE|DECAL|TRAILER|GUN|FIREARM)", "theft"),
    # Recorded mostly where police look (Lum and Isaac 2016): never an input.
    (r"DRUG|NARCOTIC|CONTROLLED SUBSTANCE|MARI[JH]UANA|CANNABIS|COCAINE|OPI(UM|ATE|OID)|PARAPHERNALIA|PROSTITUT|"
     r"\bVICE\b|SOLICIT|GAMBL|DISORDER|LOITER|VAGRAN|TRESPASS|PANHANDL|PUBLIC (PEACE|DRUNK|INTOX|URINAT)|DRUNK|"
     r"INTOXICAT|LIQUOR|ALCOHOL|CURFEW|RUNAWAY|TRUAN|TRAFFIC|\bD ?U ?I\b|\bD ?W ?I\b|DRIVING|LICENSE|"
     r"RESIST|OBSTRUCT|WEAPONS?\b|FIREARM|GUN\b|STOP AND FRISK|QUALITY OF LIFE|NUISANCE", BIASED),
    # It speaks of one of the seven, but which is not said.
    (r"\bASSAULT|\bASSLT|\bBATTERY|\bAGG\w*\b|\bROB(BED|BING)?\b|\bSTOLE|\bSTEAL|\bSHOT|\bGUN ?SHOT|\bKILL|"
     r"\bBREAK(ING|S)?\b|\bENTRY\b|\bLARC\b", UNCLEAR),
))
_DENIED_CRIME = re.compile(_spelled_out(r"<DENIED><CRIME>\w*"))
_CODES = ("homicide", "robbery", "aggravated_assault", "burglary", "motor_vehicle_theft", "theft", "gunfire")
SEVERITY = {code: rank for rank, code in enumerate(_CODES)}
"""Order of the hierarchy rule: of several offences of one incident the first counts (FBI, UCR Handbook, 2004; as there,
vehicle theft goes before other theft)."""


@lru_cache(maxsize=1 << 14)
def crime_type(offence: str) -> str:
    """Code of a crime type for an agency's word, or :data:`BIASED`, :data:`NO_CRIME`, :data:`UNCLEAR` or
    :data:`OTHER`."""
    text = _plain_words(offence)
    code = text.lower().replace(" ", "_")
    if code in SEVERITY:
        return code
    if _NOTHING_HAPPENED.search(text):
        return NO_CRIME
    rest = _DENIED_CRIME.sub(" ", text)
    found = next((code for pattern, code in _OFFENCES if pattern.search(rest)), OTHER)
    # A burglary without a theft is a burglary; what is left of no robbery is no crime.
    return NO_CRIME if rest != text and found not in SEVERITY else found


def _plain_words(text: object) -> str:
    """Words in capitals with single blanks; a NON or NOT written together with its word stands alone."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(text)).upper()
    text = " ".join(re.sub(r"[^A-Z0-9&]+", " ", text).split())
    return re.sub(r"\b(NON|NOT)(?=AGG|CRIM|FATAL|GUN|NEG|RES|SHOT|SHOOT|VEH)", r"\1 ", text)


def says_nothing_happened(disposition: str, column: str = "") -> bool:
    """Whether a disposition says that there was no crime or no shot: unfounded, cancelled, a duplicate, a test.

    A yes or no answers the name of its column: a Y under Unfounded, an N under Gunfire.
    """
    return bool(_NOTHING_HAPPENED.search(_answered(disposition, column)))


def _answered(text: str, column: str) -> str:
    """The words of a value; of a yes or no those of its column."""
    words = _plain_words(text)
    if not _FLAG.match(words):
        return words
    asked = re.sub(r"\b(IS|WAS|FLAG|INDICATOR) ?", "", _plain_words(column))
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
_DENIED_GUNFIRE = re.compile(_spelled_out(
    r"<DENIED>((LIVE|AUDIBLE|REAL|OUTDOOR) )?(GUNS?\b|ROUNDS?\b|<GUNFIRE>)|\bNEG(ATIVE)? <GUNFIRE>|"
    r"<GUNFIRE>S?( (FIRED|HEARD|DETECTED))?( (WAS|WERE|IS|HAS BEEN|HAVE BEEN))? "
    r"(RULED OUT|EXCLUDED|DISPROVE[DN]|REFUTED|(NO|NONE|NEG|NEGATIVE|FALSE|NOT FOUND|NOT DETECTED)$)").replace(
        "<GUNFIRE>", _GUNFIRE))
_NAMES_GUNFIRE = re.compile(_GUNFIRE)
# Words that tell a kind where nothing else is said: SINGLE alone does, SINGLE FAMILY DWELLING does not.
_BARE_KIND = re.compile(r"(\b(\d+|MULT\w*|SINGLE|PROBABLE|POSSIBLE|UNCONFIRMED|UNVERIFIED|[MP]S?ST|PSS|[MS]GS|"
                        r"ROUNDS?|OR|MORE|(FULLY?|SEMI) AUTO|(FULLY |SEMI )?AUTOMATIC|WEAPON|HIGH|CAPACITY|ALERT|"
                        r"EVENT|INCIDENT|ACTIVATION) ?)+")
_KINDS = tuple((re.compile(pattern), kind) for pattern, kind in (
    (r"FIRE ?CRACKER|FIRE ?WORK", "firecracker"),
    (r"PROBABLE|POSSIBLE|UNCONFIRMED|UNVERIFIED|NOT (CONFIRMED|VERIFIED)|\bPSST\b|\bPSS\b", "probable"),
    (r"\bMULT\w*|\bMSST\b|\bMGS\b", "multiple"), (r"\bSINGLE\b|\bSGS\b", "single"),
    (_GUNFIRE + r"|\bAUTO(MATIC)?\b|HIGH CAPACITY|(\d|\bMORE) ROUNDS?\b", "unknown"),
))


def alert_kind(text: str) -> Optional[str]:
    """single, multiple, probable, firecracker or unknown; ``None`` where the words speak of no gunfire, or deny it."""
    text = _plain_words(text)
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
    return any(pattern.search(words) for pattern in (_NOTHING_HAPPENED, _DENIED_GUNFIRE, _NOISE))


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
    heard = _REVIEW.search(_plain_words(column)) and any(kinds)
    return [bool(heard and kind is None and not _FLAG.match(words) and not _UNDECIDED.search(words))
            for kind, words in zip(kinds, map(_plain_words, texts))]


def names_gunfire(text: str) -> bool:
    """Whether words speak of gunfire, be it to deny it."""
    return bool(_NAMES_GUNFIRE.search(_plain_words(text)))


def is_code(text: str) -> bool:
    """Whether a text is empty, short or with a digit, so that it may be a code of anything, instead of plain words."""
    return bool(re.fullmatch(r"[A-Z]{0,4}|.*\d.*", _plain_words(text)))
