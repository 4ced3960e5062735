"""Rules for offences in French, as the police of Quebec and of France write them.

A "vol" alone may be any of four crimes: with violence or a weapon it is a robbery, by breaking in a burglary, of a
vehicle a vehicle theft, and "simple", of a thing or from a shop a theft. The Criminal Code of Canada calls robbery "vol
qualifié" (article 343) and grades assaults (articles 265 to 268); the list of offences of the French police ("état
4001") has the rest.
"""
from __future__ import annotations

OTHER, UNCLEAR, NO_CRIME = "other", "unclear", "no crime"
_FIRM, _YIELDS = True, False
_VOL = r"\bVOLS?\b"
_CAR = (r"(VEHICULES?( A MOTEUR| AUTOMOBILES?| MOTORISES?| TERRESTRES?)?|AUTOMOBILES?|AUTOS?|VOITURES?|CAMIONS?|"
        r"CAMIONNETTES?|MOTOS?|MOTOCYCLETTES?|SCOOTERS?|CYCLOMOTEURS?|(DEUX|2) ROUES( MOTORISES?| A MOTEUR)?)\b")
_ARMED = r"(AVEC|PAR|SOUS LA MENACE D|A L AIDE D) ?(UNE? |DES |L )?ARMES?\b|\bARMEES?\b|A MAIN ARMEE"
FRENCH_RULES = (
    (r"\b(RETROUVEE?S?|RECOUVREE?S?|NON FONDEE?S?|SANS FONDEMENT|ANNULEE?S?|DOUBLONS?)\b|"
     r"\b(FAUSSES? )?ALARMES?\b", NO_CRIME,
     "no crime, an alarm, or only what was found again", _FIRM),
    (r"\b(INVOLONTAIRES?|IMPRUDENCE|NEGLIGENCE CRIMINELLE|HOMICIDES? (ROUTIERS?|PAR NEGLIGENCE))\b|"
     r"\bACCIDENT DE LA (ROUTE|CIRCULATION)\b", OTHER, "a death or a wound by negligence or in traffic", _FIRM),
    (r"\b(TENTATIVES?|TENTEE?S?) (DE |D )?(MEURTRES?|HOMICIDES?|ASSASSINATS?|FEMINICIDES?)\b|"
     r"\b(MEURTRES?|ASSASSINATS?) \(?TENTATIVES?\b", "aggravated_assault",
     "an attempt to kill, counted with aggravated assaults", _FIRM),
    (r"\b(RECELS?|ESCROQUERIES?|ABUS DE CONFIANCE|USURPATIONS?|"
     r"VOLS? (D |DE |DES )?(L )?(IDENTITES?|SERVICES?|DONNEES|ENERGIE|ELECTRICITE))\b|"
     r"\bBIENS? (VOLES?|CRIMINELLEMENT OBTENUS?)\b", OTHER, "fraud or stolen goods", _FIRM),
    (rf"{_VOL}.*\bEXTORSIONS?\b", UNCLEAR, "says two things at once", _YIELDS),
    (r"\b(MEURTRES?|ASSASSINATS?|FEMINICIDES?|REGLEMENTS? DE COMPTES?|HOMICIDES? (VOLONTAIRES?|POUR|COMMIS|CONTRE)|"
     r"(SUIVIE?S?|ENTRAINANT|AYANT ENTRAINE) (DE )?(LA )?MORT)\b", "homicide", "a killing", _YIELDS),
    (rf"{_VOL}.* SANS VIOLENCES?\b", "theft", "a theft without violence", _FIRM),
    (rf"{_VOL} QUALIFIES?\b|{_VOL}.*\b(VIOLENTS?|AVEC (DES )?(VIOLENCES?|MENACES?)|SOUS LA MENACE)\b|"
     rf"{_VOL}.*({_ARMED})|\bBRAQUAGES?\b|\bHOME ?JACKINGS?\b", "robbery", "a robbery", _YIELDS),
    (rf"{_VOL}.*\b(DANS|SUR|A L INTERIEUR D)\b( OU SUR| SUR)?( LES| UNE?| DES| LE)? ?{_CAR}|{_VOL} A LA ROULOTTE\b|"
     rf"{_VOL} (D |DE |DES )?(ACCESSOIRES?|PIECES?|PLAQUES?|CARBURANTS?|ESSENCE|PNEUS?|ROUES|CATALYSEURS?|"
     r"CONVERTISSEURS?)\b", "theft", "a theft from a vehicle", _FIRM),
    (rf"{_VOL} (D |DE |D UNE? |DES |DU )?{_CAR}|^{_CAR} VOLEE?S?\b", "motor_vehicle_theft", "a vehicle taken",
     _YIELDS),
    (r"\bCAMBRIOLAGES?\b|\bINTRODUCTIONS?\b.*\bEFFRACTIONS?\b|\bENTREES? PAR EFFRACTION\b|"
     rf"{_VOL}.*\b(PAR|AVEC) EFFRACTIONS?\b", "burglary", "a burglary", _YIELDS),
    (r"\bVOIES? DE FAIT\b.*\b(GRAVES?|ARMEES?|ARMES?)\b|"
     r"\bAGRESSIONS? (ARMEES?|GRAVES?|AU COUTEAU|(A L |AVEC (UNE )?)ARMES?)\b|"
     r"\bVIOLENCES? (AVEC|PAR) (UNE )?ARMES?\b|\bCOUPS? DE COUTEAUX?\b|\bFUSILLADES?\b|"
     r"\bCOUPS? DE FEU (SUR|CONTRE)\b|\bDECHARGER UNE ARME A FEU (INTENTIONNELLEMENT|AVEC)", "aggravated_assault",
     "an assault with a weapon or a serious wound", _YIELDS),
    (r"\bCOUPS? DE FEU\b", "gunfire", "shots", _YIELDS),
    (rf"^(TENTATIVES? DE )?VOLS?$|{_VOL}( A)? L ARRACHE\b|\bENTREES? PAR RUSE\b|"
     r"\b(VOIES? DE FAIT|AGRESSIONS?)\b.*\bLESIONS\b", UNCLEAR,
     "may be one of the crime types, not clear which", _YIELDS),
    (rf"{_VOL} (SIMPLES?|A L ETALAGE|A LA TIRE|PAR RUSE|DE \d[\d ]*|DE (PLUS|MOINS) DE|AU PREJUDICE|CONTRE DES|"
     r"(D |DE |DES |DU )(?!VEHICULE)[A-Z]{3,})", "theft", "a theft", _YIELDS),
    (r"\b(AGRESSIONS? SEXUELLES?|VIOLS?|ATTOUCHEMENTS?)\b|\b(EXTORSIONS?|MENACES? DE MORT|HARCELEMENTS?|"
     r"INCENDIES? (VOLONTAIRES?|CRIMINELS?)|ENLEVEMENTS?)\b", OTHER, "another offence", _YIELDS),
)
"""(pattern, meaning, why, whether it decides over other columns), as ``translated_offences.FOREIGN_RULES`` has them."""
