"""The table of rules for words of offences: which crime, or none at all.

The first rule that fits decides, word by word; no code per city. A word that is unclear is never guessed: it is not
counted, and the import tells it with its count. Several columns of one incident are read together by
:func:`.offence_reading.offence_meaning`, which is what importers and tables of offences call.
"""
from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import NamedTuple, Optional

from . import translated_offences
from .french_offences import FRENCH_RULES
from .translated_offences import FOREIGN_RULES, TRANSLATED

BIASED = "never used in a forecast"
OTHER = "not a crime type of this workspace"
NO_CRIME = "no crime by its own words: unfounded, cancelled, an alarm, a test or the like"
UNCLEAR = "words that do not say clearly which crime it was"

# Words that stand for others in the rules.
_STANDS_FOR = {
    "<NOT_MURDER>": r"(?<!NON )(?<!NOT )(NEGLIG\w*|NEGL|NEG|JUST(?! OCC)|JUSTIF\w*|EXCUS\w*|SELF DEF\w*|ACCIDENT\w*|"
                    r"TRAFFIC|"
                    r"INVOLUNTAR\w*|INVOLONTAIRE\w*|IMPRUDENCE|CULPOSO|INVOL|VEHICULAR|VEH|TRAF|INTOX\w*|D ?[UW] ?I|"
                    r"<CAR>)",
    "<CAR>": r"(MOTOR VEH(ICLE)?S?|MTR VEH|VEH(ICLE)?S?|AUTOS?|AUTOMOBILES?|CARS?|MVS?|MOTOR ?CYCLES?|MOTOR ?BIKES?|"
             r"TRUCKS?|SCOOTERS?|MOPEDS?|CONVEYANCES?|CONVEY)",
    "<PART>": r"(PLATE|TAG|DECAL|LICEN|KEY|BATTER|WHEEL|TIRE|STEREO|RADIO|PART|ACC|REPAIR|SHOP|DEALER|WASH)",
    "<ARM>": r"(DANGEROUS|DANG|DEADLY|GUN|HANDGUN|FIREARM|SHOTGUN|RIFLE|KNIFE|WEAPON|WEAP)",
    "<ASSAULT>": r"(ASSAULTS?|ASSLTS?|ASLTS?|ASLT|ASSAUL|ASLTS?|BATTERY|BATT|BATTERIES)",
    "<SHOT>": r"(SHOT|SHOOT\w*|GUN ?SHOT|GSW)",
    "<KILLING>": r"(HOMICIDE|MURDER|MANSLAUGHTER|\bMANS\b)",
    "<CRIME>": r"(ASSAULT|ASSLT|BATTERY|ROBBER|BURGLAR|BURG\b|THEFT|LARCENY|HOMICIDE|MURDER|SHOOTING|STABBING|SHOTS?\b|"
               r"GUN ?SHOTS?|GUN ?FIRE)",
    "<SERIOUS>": r"(ROBBER|BURGLAR|ASSAULT|SHOT|SHOOT|HOMICIDE|MURDER)",
    "<BACK>": r"(?<!NOT )(?<!NON )(RECOV\w*|RCVD|LOCATED|PURSUIT|CHASE)",
    "<DENIED>": r"\b(NOT|NON|NO|NEVER|WITHOUT|UNLIKELY|NEGATIVE FOR|RULED OUT|(LESS|OTHER) THAN|LESS(?= MURDER))"
                r"( (AN?|ANY|THE|IS|TO|BE|BEEN|AS|OF|ACTUAL|ACTUALLY|CONFIRMED|REALLY|LIKELY|PROBABLY|BELIEVED|DEEMED|"
                r"DETERMINED|CONSIDERED|THOUGHT|FOUND TO BE|(EVIDENCE|SIGNS?|PROOF|INDICATIONS?|SOUNDS?) OF))* ",
}


def spelled_out(pattern: str) -> str:
    for word, words in _STANDS_FOR.items():
        pattern = pattern.replace(word, words)
    return pattern


_NOT = r"(?<!\bNOT )(?<!\bNON )"
# What tells of an offence or an alert that it was none, in a column of offences or beside it.
NOTHING_HAPPENED = re.compile(_NOT + (
    r"\b(UNFOUND\w*|UNFND|UNF|UNSUBSTANTIATED|BASELESS|CANCEL\w*|DUP|DUPED|DUPLICATE\w*|VOID(ED)?|"
    r"^(RECORD |REPORT |CASE |INCIDENT )?(DELETED|EXPUNGED|MERGED)( (RECORD|REPORT|CASE|INCIDENT))?$|"
    r"ERRONEOUS|IN ERROR|^ERROR|"
    r"HOAX|PRANK|SWATTING|FALSE\w*(?! (IMPRISON|PRETEN))|"
    r"(?<!DNA )(?<!DRUG )(?<!BREATH )TEST(S|ING)?(?! (DRIV|PENDING|KIT|RESULT))|TRAINING|SIMULAT\w*|"
    r"(ACTIVE SHOOTER|LOCKDOWN|POLICE) DRILL|NON ?CRIM(INAL)?|CRIME DID NOT|"
    r"(DID NOT|NEVER) (OCCUR|HAPPEN)(RED|ED)?|"
    r"CXL\w*|CANX|CNCL\w*|ENTRY ERROR)\b") +
    r"|\bNOT (FOUNDED|SUBSTANTIATED|BONA ?FIDE)\b|" +
    spelled_out(r"<DENIED>(CRIME|CRIMINAL|OFFEN[CS]E|INCIDENT)\b(?! REPORT)"))


class OffenceRule(NamedTuple):
    """A rule of the table: what words that fit the pattern mean, and why.

    ``firm`` rules decide whatever another column of the same incident says: that it was no crime, or what kind of theft
    it was. The others give way to a column that says more.
    """

    pattern: re.Pattern[str]
    meaning: str
    why: str
    firm: bool


_FIRM, _YIELDS = True, False
_TOOLS = "tools somebody had, no crime that happened"
_OFFENCES = tuple(OffenceRule(re.compile(spelled_out(pattern)), meaning, why, firm) for pattern, meaning, why, firm in (
    # It says of itself that it was none.
    (r"(?<!\bNO )(?<!\bWITHOUT )(?<!THEFT OF )(?<!STOLEN )\b(ALARMS?|ALRM|ALM)\b|BACK ?FIR(E|ING)\b", NO_CRIME,
     "an alarm, or a backfire", _FIRM),
    (r"\bBURG\w*( S)? (TOOLS?|IMPLEMENTS?|INSTRUMENTS?|INST)\b(?! (STOLEN|TAKEN|SHED|BOX|CHEST|ROOM))|"
     r"(ROBBERY|SHOPLIFT\w*|HOUSEBREAK\w*) (TOOLS?|IMPLEMENTS?)\b|\bTHEFT (DETECTION|PREVENTION)\b|"
     r"\bPOSS\w* (OF )?(\w+ ){0,3}(TOOLS?|IMPLEMENTS?|INSTRUMENTS?)\b|TOOLS? (FOR|TO COMMIT) |"
     r"\bGOING EQUIPPED\b", NO_CRIME, _TOOLS, _FIRM),
    (r"\b(STOLEN|THEFT)( <CAR>)? (AND |& )?RECOVERED$", UNCLEAR, "stolen, or only found again", _YIELDS),
    (r"<SERIOUS>.*\b<BACK>|\b<BACK>\b.*<SERIOUS>", UNCLEAR, "a crime, or only what was found or chased after it",
     _YIELDS),
    (r"\b<BACK>\b|\bSTOLEN (\w+ ){1,2}FOUND|\bFOUND STOLEN|\bA?LPR\b|\bOCCUP\w* STOLEN|\bLOCATE STOLEN", NO_CRIME,
     "found again: when and where it was stolen stands elsewhere", _FIRM),
    (r"\b(OTHER|OUTSIDE|FOREIGN) (AGENCY|JURIS\w*|DEPARTMENT|DEPT)\b|\bOUT OF (TOWN|JURIS\w*)|"
     r"\bASSIST (OTHER|OUTSIDE|POLICE|AGENCY|FIRE|EMS|CITIZEN|MOTOR\w*)|\bFOLLOW ?UP\b|\bSUPPLEMENT\w*|"
     r"^INFO(RMATION)?\b|"
     r"\b(EXTRA|DIRECTED|SPECIAL|SATURATION|SECURITY) (PATROL|WATCH|ATTENTION)|\bSTAKE ?OUT|\bSURVEILLANCE|"
     r"\b(FIELD|SUBJECT|PEDESTRIAN) (INTERVIEW|CONTACT|STOP|CHECK)|<CRIME>\w* (DETAIL|UNIT|SQUAD|TASK FORCE)$|"
     r"(?<!OF )\bINFO(RMATION)?( ONLY)?$|\bPREVENTION\b|\bATTEMPT TO LOCATE\b", NO_CRIME,
     "work of the police, no crime that happened then and there", _FIRM),
    (r"\bSHOOTING (RANGE|FILM|VIDEO|MOVIE|GALLERY|TARGET|POOL|BB|FIREWORK\w*|DICE)|TARGET (SHOOTING|PRACTICE)|"
     r"TROUBLE ?SHOOT", NO_CRIME, "shooting of another kind", _FIRM),
    (r"\b(WARRANTS?(?! (ISSUED|OBTAINED))|FUGITIVE|WANTED|SUSPICIOUS|PROBATION|PAROLE)\b|\bARREST\w* (FOR|ON) |"
     r"\bTRAFFIC (STOP|ACCIDENT|CRASH|COLLISION|HAZARD|COMPLAINT|VIOLATION)", BIASED,
     "recorded where police look: warrants, suspicion, traffic", _FIRM),
    (r"<DENIED>(AGG|FELON)\w* <ASSAULT>|<ASSAULT>\b.*<DENIED>AGG|"
     r"\b(SIMPLE|COMMON|MINOR|OTHER|VEHICULAR|MISD\w*) <ASSAULT>|<ASSAULT> (\w+ )?(SIMPLE|MISD\w*)\b", OTHER,
     "an assault that is not aggravated", _YIELDS),
    (r"\b(SEX\w*|INDECENT) (<ASSAULT>|ABUSE)|<ASSAULT> (\w+ )?SEX|\bRAPE\b|SODOMY", OTHER,
     "a sexual offence", _FIRM),
    (r"\bPOSS\w* (\w+ ){0,3}ASSAULT (WEAPON|RIFLE)|"
     r"^ASSAULT (WEAPON|RIFLE)S? (POSS|BAN|FOUND|SEIZED|RECOVERED|SALE|VIOL)", BIASED,
     "possession of a weapon", _FIRM),
    (r"\bAGG\w* ((DOMESTIC|DV|FAMILY|FELONY|CHILD|"
     r"SENIOR) )?<ASSAULT>", "aggravated_assault", "an aggravated assault", _YIELDS),
    # Looks like one of the seven but is counted elsewhere (FBI, Uniform Crime Reporting Handbook, 2004).
    (r"\b(CONSPIR\w*|SOLICIT\w*) (\w+ ){0,3}<CRIME>|<CRIME>\w* (\w+ ){0,2}(CONSPIR|SOLICIT|(?<!NON )ACCESSORY)|"
     r"\bACCESSORY (TO|AFTER|BEFORE)\b|\bTHREAT\w* (TO|OF) |<ASSAULT> (\w+ )?THREATS?$|HIT (AND |& |N )?RUN", OTHER,
     "planned or threatened, or a crash", _FIRM),
    (r"(?<!MURDER )(?<!HOMICIDE )(?<! AND )\bSUICID|SELF INFLICTED|"
     r"\b(ACCIDENT\w*|JUSTIF\w*|(OFFICER|POLICE) INVOLVED|POLICE(?= SHOOTING$)|ANIMAL|DOG) (\w+ )?"
     r"(<SHOT>|STABB\w*)|\b(BB|AIR|PELLET|TOY|NAIL|PAINT ?BALL) GUN (<SHOT>|STABB\w*)|"
     r"(<SHOT>|STABB\w*) (\w+ )?(ACCIDENT\w*|JUSTIF\w*|OFFICER INVOLVED|ANIMAL|DOG|DEER)\b", OTHER,
     "a wound that no assault made", _FIRM),
    (r"\b(<NOT_MURDER>|RECKLESS)\b.*<KILLING>|<KILLING>.*\b<NOT_MURDER>\b", OTHER,
     "a killing by negligence, or a justified one", _FIRM),
    (r"HANDS?( AND)? FISTS? (AND )?FEET.* (NO|MINOR)( OR MINOR)? INJ", OTHER,
     "an assault without a weapon or a serious wound", _FIRM),
    (r"\bATT\w* (MURDER|HOMICIDE|TO (MURDER|KILL))|ASSAULT (\w+ ){0,3}TO (MURDER|KILL)|<KILLING> ATT(EMPT\w*)?\b",
     "aggravated_assault", "an attempt to kill, counted with aggravated assaults", _FIRM),
    (r"\bSTOLEN (PROPERTY|GOODS)|\bPOSS\w* (OF )?STOLEN|RECEIVING|\bRECEIVED? STOLEN|"
     r"\bSTOLEN (\w+ ){0,2}RECEIV|\b(STRIP|TRANSP)\w* (A )?STOLEN|STOLEN <CAR> INVOLVED|"
     r"\b(MVA|ACCIDENT|COLLISION|CRASH)\b.*\bSTOLEN|\bSTOLEN\b.*\b(MVA|ACCIDENT|COLLISION|CRASH)\b", OTHER,
     "stolen goods, no theft that happened then and there", _FIRM),
    (r"(IDENTITY|ID) THEFT|THEFT OF ((\w+ )?SERVICE\w*|IDENTITY)|RELATED TO THEFT|FRAUD|FORGERY|EMBEZZ|\bBUNCO\b|"
     r"SWINDLE|CON(FIDENCE)? GAME|"
     r"COUNTERFEIT|FALSE PRETEN|DECEPTI(ON|VE)|EXTORTION|BLACKMAIL", OTHER, "fraud", _FIRM),
    (r"^ASSAULT (WEAPON|RIFLE)S?$|^ILLEGAL SHOOTING$|<ARM>S?( \w+)? (OR )?FIREWORK|SHOTS? (FIRED|HEARD) (OR )?FIREWORK|"
     r"FIREWORK\w* (OR )?(GUN ?(SHOTS?|FIRE)|SHOTS?)|SHOT ?SPOTTER .*FIREWORK|"
     r"\bLOST (OR )?(STOLEN|THEFT)|"
     r"<ASSAULT> (\w+ ){0,2}(NO|NOT|NON|WITHOUT|W O) (\w+ )?<ARM>", UNCLEAR, "says two things at once", _YIELDS),
    (r"(THEFT|LARCENY|LARC) (FROM|FRM|FR|F) (A )?<CAR>\b|<CAR> (PARTS|ACCESSOR\w*|BREAK ?INS?|PROWL\w*)|"
     r"\b(BURGLARY|BURG|BREAKING)( AND ENTERING| INTO| OF| FROM| TO| AN?| (UN)?OCC(UPIED)?)* <CAR>\b(?! THEFT)|"
     r"\bBURG\w* ((UN)?OCC(UPIED)? )?CONV\b|<CAR> CONTENTS\b|<CAR> THEFT (OF )?PARTS\b|"
     r"\b<CAR> BURG(LAR\w*)?\b|\b<CAR> CLOUT|\bBMV\b|"
     r"\bBURG\w* (OF )?(A )?(COIN|VENDING|PARKING METER|NEWS ?RACK)", "theft",
     "a theft from a vehicle or a machine, whatever it is called", _FIRM),
    (r"\bFROM (THE )?(EXTERIOR|INTERIOR|INSIDE|EXT|INT) (OF )?(A )?<CAR>\b|"
     r"FROM LOCKED|\bLOCKED (AUTO|VEHICLE|CAR)|\b<CAR> (ENTRY|TAMPER\w*)|\bTAMPER\w* (WITH )?(A )?<CAR>|"
     r"\bTHEFT\w*( ITEMS?| PARTS?| OF (ITEMS?|PARTS?|CONTENTS))+ (FROM|OFF|IN)( OR ON)? (A )?<CAR>|\bTFMV\b|\bTFV\b|"
     r"\b(STEALING|STOLEN|ITEMS?|PROPERTY|CONTENTS|TAKEN|STOLE|ARTICLES?|PARTS?|GTFA|FROM) FROM (A )?<CAR>\b|"
     r"(THEFTS?|LARCENY|LARC|STEAL\w*) (\w+ ){0,3}(FROM|FRM|F|OFF|INSIDE) (A |AN |THE |UNLOCKED )?<CAR>\b|"
     r"BREAK\w* (AND |& )?ENTER\w* (A |TO |OF |INTO |MOTOR )*<CAR>\b|\bB ?& ?E (OF |TO |INTO )?(A )?<CAR>\b|"
     r"\bBREAK ?INS? (OF |TO |INTO )?(A )?<CAR>\b|\bSMASH (AND |N |& )?GRAB\b", "theft",
     "a theft from a vehicle", _FIRM),
    (r"HOMICIDE|\bMURDER|MANSLAUGHTER|(?<!NON )(?<!NOT )\bFATAL (SHOOTING|STABBING)|\b(SHOOTING|STABBING) FATAL\b",
     "homicide", "a killing", _YIELDS),
    (r"CAR ?JACK|\bROBBER|\bROBB\b|MUGGING|\bHOLD ?UP\b|VEHICULAR HIJACK|\bHIJACK(?!\w* (OF )?(AN? )?(AIR|PLANE))|"
     r"\bSTRONG ?ARM(ED)?\b|\b(UN)?ARMED ROB\b|\bATT\w* ROB\b|\bROB (BANK|BUS|COMM|PERS|STREET|RES|ARMED|"
     r"STRONG)", "robbery", "a robbery", _YIELDS),
    (r"\bBURGL?[AU]R|\bBURGULA|\bBURGL?\b|BREAK(ING)? (AND |& )?ENTER|HOUSE ?BREAKING|\bB ?& ?E\b|\bHOME INVASION|"
     r"\bBREAK(ING)? (AND |& |N )ENT\b|\bBREAK ?(& )?ENT\b|UNLAWFUL ENTRY (WITH INTENT|DWELL|BUILD)|"
     r"\bBREAK ?INS?\b", "burglary",
     "a burglary", _YIELDS),
    (r"\b(THEFT|LARCENY|STEALING) (NOT|NON|OTHER THAN|EXCEPT)( FROM| OF)? (A )?<CAR>\b", "theft",
     "a theft, but not of a vehicle", _FIRM),
    (r"\b<CAR> (ATT\w* )?(THEFT|LARCENY|STOLEN)|\bSTOLEN <CAR>\b(?! <PART>)|"
     r"(THEFT|LARCENY) (OF )?(A )?<CAR>\b(?! <PART>)|\bUUMV\b|\bUUV\b|\bUMV\b|\bGTA\b|\bMVT\b|\bDWOC\b|JOY ?RID|"
     r"TAKE (A )?<CAR>|THEFT (AND |& )(USE|SALE|STRIP)( OF)? (A )?<CAR>|"
     r"\bTAKE <CAR>|UNAUTH\w* (TAKING|OPERATION|DRIVING|USE) (OF )?(A )?<CAR>|UNLAWFUL (TAKING|USE) (OF )?(A )?<CAR>|"
     r"\bTHEFTS? <CAR>\b(?! (<PART>|PROWL))|"
     r"THEFT TAKING OF (A )?<CAR>\b|\bTWOC\b|"
     r"THEFTS? (OR |& |AND )?(UNAUTHORI[SZ]ED (TAKING|USE) )?OF (A |MOTOR )*<CAR>\b(?! (<PART>|SERV))|"
     r"TAKING (OF )?(A )?<CAR> WITHOUT|\bSTOLE (A )?<CAR>\b|GRAND THEFT (<CAR>|MV)\b(?! <PART>)|\bATT\w* STEAL <CAR>|"
     r"LARCENY OF (A )?<CAR>|\bSTEAL(ING)? (A |OF )?<CAR>\b(?! <PART>)|\b<CAR> TAK(EN|ING)\b|"
     r"WITHOUT OWNER\w*( S)? (CONSENT|PERMISSION)|UNAUTHORI[SZ]ED USE (OF )?(A )?<CAR>\b", "motor_vehicle_theft",
     "a vehicle taken", _YIELDS),
    (r"\bADW\b|\bAWDW\b|\bAWIK\b|\bA ?& ?B D W\b|\bABDW\b|\bAGG? (ASSL?T|ASLT|BATT?|ASSA?)\b|"
     r"ASSAULT (CAUSING|OCCASIONING) (GRIEVOUS|SERIOUS)|GRIEVOUS (BODILY|<ASSAULT>)|"
     r"<ASSAULT> (IN THE )?(1ST|FIRST)\b|\bGBH\b|WOUNDING|"
     r"\bDRIVE ?BY\b|\bSHOT AT\b|\bSHOOT(ING)? AT\b|SHOOTINTO|\bSTRANGUL|MALICIOUS WOUND|\bDEADLY WEAPON ASS|"
     r"<ASSAULT>\w*( \w+){0,2} AGG\w*|<ASSAULT> (\w+ ){0,2}<ARM>|\bFELON\w* <ASSAULT>|<ASSAULT> (\w+ ){0,3}FELON|"
     r"\b(FIREARM|GUN|KNIFE|WEAPON) <ASSAULT>|"
     r"^AGG\w* ((PO|P O|DOMESTIC|DV|CHILD|SENIOR) )*<ARM>|MENACING (\w+ )*(FELON|WEAP)|FELON\w* MENAC|"
     r"\bSHOOTING\b|\bSTABB(ING|ED)\b|\b(PERSON|MAN|WOMAN|MALE|FEMALE|VICTIM|SUBJECT) (SHOT|STABBED)\b|"
     r"\b(GUN ?SHOT|STAB|SHOT) WOUND|\bGSW\b", "aggravated_assault", "an assault with a weapon or a wound by one",
     _YIELDS),
    (r"\b(BB|AIR|PELLET|TOY|STUN|NAIL|PAINT ?BALL) GUN|\bACCIDENT\w* (\w+ )?DISCHARG|DISCHARG.*\bACCIDENT", OTHER,
     "no firearm, or no crime", _FIRM),
    (r"SHOTS? (FIRED|HEARD)|DISCHARG\w* (OF )?(A )?(FIREARM|GUN|WEAPON)|\b(FIREARM|GUN|WEAPON)S? (\w+ )?DISCHARG|"
     r"SOUNDS? OF (GUN)? ?SHOTS?|SHOT ?SPOTTER|GUN ?FIRE|GUN ?SHOT (DETECTION|ALERT|SENSOR|AUDIO)", "gunfire",
     "shots", _YIELDS),
    (r"^VEHICLE CRIME$", "theft", "theft of and from vehicles, of which most is from", _YIELDS),
    (r"\bTHEFT|LARCEN|\bLARC\b|SHOP ?LIFT|SHOP ?STEAL|\bTHFT\b|\bPETIT LARC|\bSTEAL (FROM|BY)\b|PROWL$|"
     r"\bPURSE SNATCH|PICK ?POCKET|POCKET ?PICK|PURSE ?SNATCH|\bSTEALING|"
     r"\b(BIKE|BICYCLE|BOAT|PURSE|WALLET|PHONE|PLATES?|TAGS?|TRAILER|GUN|FIREARM) STOLEN|"
     r"\bSTOLEN (\w+ )?(BIKE|BICYCLE|BOAT|PURSE|WALLET|PHONE|PLATE|TAG|LICENSE|DECAL|TRAILER|GUN|FIREARM)", "theft",
     "a theft", _YIELDS),
    (r"DEADLY CONDUCT|RECKLESS (CONDUCT|ENDANGER)|INTIMIDAT|HARASS|STALK|\bTHREAT|VANDAL|MISCHIEF|CRIMINAL DAMAG|"
     r"\bDAMAGE|ARSON|\bMISSING|\bLOST\b|\bFOUND\b|INVESTIGATE|\bPART (2|II|TWO)\b|KIDNAP|ABDUCT|CHILD (ABUSE|"
     r"NEGLECT|END)|"
     r"SEX (OFF|CRIME)|SEXUAL|PORNOGRAPH|INDECEN|\bMENAC|ANTI ?SOCIAL|PUBLIC ORDER|VIOLENCE AND SEX|\bOTHER (CRIME|"
     r"OFFEN[CS]E)S?$|VIOLATION OF .*ORDER|COURT ORDER|DOMESTIC (DISPUTE|TROUBLE)|^OTHER$|MEDICAL|DEATH|"
     r"SICK ?ASSIST|COLLISION|ACCIDENT|\bBOMB|CYBER|CREDIT CARD|\bFORG|CHECK(S)? (BAD|WORTH)|BAD CHECK|BRIBE|"
     r"ANIMAL|NOISE|LITTER|MENTAL|VERBAL DISPUTE|^DISPUTE", OTHER, "another offence", _YIELDS),
    # Recorded mostly where police look (Lum and Isaac 2016): never an input.
    (r"DRUG|NARCOTIC|CONTROLLED SUBSTANCE|MARI[JH]UANA|CANNABIS|COCAINE|OPI(UM|ATE|OID)|PARAPHERNALIA|PROSTITUT|"
     r"\bVICE\b|SOLICIT|GAMBL|DISORDER|LOITER|VAGRAN|TRESPASS|PANHANDL|PUBLIC (PEACE|DRUNK|INTOX|URINAT)|DRUNK|"
     r"INTOXICAT|LIQUOR|ALCOHOL|CURFEW|RUNAWAY|TRUAN|TRAFFIC|\bD ?U ?I\b|\bD ?W ?I\b|DRIVING|LICENSE|"
     r"RESIST|OBSTRUCT|WEAPONS?\b|FIREARM|GUN\b|STOP AND FRISK|QUALITY OF LIFE|NUISANCE", BIASED,
     "recorded mostly where police look", _YIELDS),
    # It speaks of one of the seven, but which is not said.
    (r"\bASSAULT|\bASSLT|\bBATTERY|\bAGG\w*\b|\bROB(BED|BING)?\b|\bSTOLE|\bSTEAL|\bSHOT|\bGUN ?SHOT|\bKILL|"
     r"\bBREAK(ING|S)?\b|\bENTRY\b", UNCLEAR, "may be one of the crime types, not clear which", _YIELDS),
))
_FOREIGN_MEANINGS = {translated_offences.OTHER: OTHER, translated_offences.BIASED: BIASED,
                     translated_offences.UNCLEAR: UNCLEAR, translated_offences.NO_CRIME: NO_CRIME}
_FRENCH = tuple((re.compile(pattern), meaning, why, firm) for pattern, meaning, why, firm in FRENCH_RULES)
_FOREIGN = tuple(OffenceRule(pattern, _FOREIGN_MEANINGS.get(meaning, meaning), why, firm)
                 for pattern, meaning, why, firm in (*_FRENCH, *FOREIGN_RULES))
_MISSPELT = ("ROBBERY", "BURGLARY", "LARCENY", "HOMICIDE", "AGGRAVATED", "ASSAULT")
"""Words that are read with a slip of the keys in them: BURGALRY, ROBERRY, ASSUALT."""
_NEAR = 0.85
"""Share of letters in order that two words have in common; ROBERRY and ROBBERY have 0.857."""
_SHORTEST, _LONGEST = 6, 11
_DENIED_CRIME = re.compile(spelled_out(r"<DENIED><CRIME>\w*"))
_CODES = ("homicide", "robbery", "aggravated_assault", "burglary", "motor_vehicle_theft", "theft", "gunfire")
SEVERITY = {code: rank for rank, code in enumerate(_CODES)}
"""Order of the hierarchy rule: of several offences of one incident the first counts (FBI, UCR Handbook, 2004; as there,
vehicle theft goes before other theft)."""


_NOTHING = OffenceRule(NOTHING_HAPPENED, NO_CRIME, "says that nothing happened", _FIRM)
_DENIES = OffenceRule(_DENIED_CRIME, NO_CRIME, "denies the crime it names", _FIRM)
_ONE_OR_NONE, _WHERE_POLICE_LOOK, _ONE_OR_SEVERAL = (OffenceRule(_DENIED_CRIME, UNCLEAR, why, _YIELDS) for why in (
    "a crime beside what says that there was none", "a crime beside what is recorded mostly where police look",
    "one offence in several words, or several"))


# What parts the offences of one incident in a cell. A slash also stands within a word (F/AUTO, BREAKING/ENTERING).
_BETWEEN_OFFENCES, _SLASH = re.compile(r"\s*[;|\r\n]\s*"), re.compile(r"\s*/\s*")


@lru_cache(maxsize=1 << 14)
def rule_of(offence: str) -> Optional[OffenceRule]:
    """The rule that decides what a word of an agency means, or several in one cell; ``None`` where none knows it."""
    whole = _rule_of_one(offence)
    return _rule_of_several(offence, whole) or whole


def _rule_of_several(offence: str, whole: Optional[OffenceRule]) -> Optional[OffenceRule]:
    """What a cell means that lists offences of which each is known; ``None`` where it is to be read as ``whole``.

    The most serious crime type counts. What may as well be one offence in several words, or none, is unclear.
    """
    parting = _BETWEEN_OFFENCES if _BETWEEN_OFFENCES.search(offence) else _SLASH
    parts = [part for part in parting.split(offence) if part]
    if len(parts) < 2 or parting is _SLASH and (whole is None or whole.firm) or plain_words(offence) in TRANSLATED:
        return None
    rules = [rule for rule in map(rule_of, parts) if rule is not None]
    named = [rule for rule in rules if rule.meaning in SEVERITY]
    if not named or len(rules) < len(parts):
        return None
    if any(rule.meaning == NO_CRIME and rule.why != _TOOLS for rule in rules):
        return _ONE_OR_NONE if whole is None or whole.meaning in SEVERITY else None
    if any(rule.meaning == BIASED and rule.firm for rule in rules):
        return _WHERE_POLICE_LOOK
    first = min(named, key=lambda rule: SEVERITY[rule.meaning])
    several = len({rule.meaning for rule in named}) > 1
    if whole is not None and whole.meaning == first.meaning and not several:
        return None
    if whole is not None and whole.meaning != first.meaning and (whole.meaning, whole.firm) not in {
            (rule.meaning, rule.firm) for rule in rules}:
        return _ONE_OR_SEVERAL
    return first._replace(firm=_YIELDS, why="the most serious of the offences it names" if several else
                          "the one crime type among the offences it names")


def _rule_of_one(offence: str) -> Optional[OffenceRule]:
    """The rule of words that are one offence."""
    text = plain_words(offence)
    code = text.lower().replace(" ", "_")
    if code in SEVERITY:
        return OffenceRule(_DENIED_CRIME, code, "the crime type's own name", _YIELDS)
    if text in TRANSLATED:
        return OffenceRule(_DENIED_CRIME, TRANSLATED[text] or OTHER, "in another language", _YIELDS)
    foreign = next((rule for rule in _FOREIGN if rule.pattern.search(text)), None)
    if foreign is not None:
        return foreign
    if NOTHING_HAPPENED.search(text):
        return _NOTHING
    rest = _DENIED_CRIME.sub(" ", text)
    found = next((rule for rule in _OFFENCES if rule.pattern.search(rest)), None)
    # A burglary without a theft is a burglary; what is left of no robbery is no crime.
    return _DENIES if rest != text and (found is None or found.meaning not in SEVERITY) else found


def crime_type(offence: str) -> str:
    """Code of a crime type for an agency's word, or :data:`BIASED`, :data:`NO_CRIME`, :data:`UNCLEAR` or
    :data:`OTHER`."""
    rule = rule_of(offence)
    return rule.meaning if rule else OTHER


def plain_words(text: object) -> str:
    """Words in capitals with single blanks; a NON or NOT written together with its word stands alone."""
    folded = unicodedata.normalize("NFKD", re.sub(r"['\u2019](?=[Ss]\b)", "", str(text)))
    text = "".join(letter for letter in folded if not unicodedata.combining(letter)).replace("\u00df", "ss")
    text = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).upper()
    text = " ".join(re.sub(r"[^A-Z0-9&]+", " ", text).split())
    text = " ".join(map(_mended, text.split()))
    return re.sub(r"\b(NON|NOT)(?=AGG|CRIM|FATAL|GUN|NEG|RES|SHOT|SHOOT|VEH)", r"\1 ", text)


@lru_cache(maxsize=1 << 14)
def _mended(word: str) -> str:
    """A word that is one of a few, but for a slip of the keys."""
    if word.endswith(("ER", "ERS", "AR", "ARS")) or not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
        return word
    near = [right for right in _MISSPELT if right[0] == word[0] and abs(len(right) - len(word)) < 2
            and SequenceMatcher(None, word, right).ratio() >= _NEAR]
    return near[0] if near else word
