"""Offences in languages other than English: whole phrases that are certain, rules for Spanish, Portuguese, Italian.

A phrase that is not here is not counted, and told with its count. Statistics of the police of Quebec and France, of the
German Federal Criminal Police, of Mexico and Spain, and of the Netherlands use these. Spanish, Portuguese and
Italian tell by further words what an offence was: whether a "robo" was with or without violence, what a "hurto" took
and where; where these are missing it is unclear. Rules follow the penal codes of Mexico, Colombia, Argentina, Chile,
Spain and Brazil (article 157: a "roubo" is by violence or threat; article 155: a "furto" is not).
"""
from __future__ import annotations

import re

_PHRASES = {
    "homicide": """infractions entrainant la mort | homicide volontaire | homicides | homicides volontaires | meurtre |
        meurtres |
        assassinat | mord | totschlag | mord und totschlag | mord totschlag | homicidio doloso | homicidio | asesinato |
        feminicidio | homicidio doloso y asesinato consumado | homicidio doloso y asesinato | moord | doodslag |
        moord doodslag | moord en doodslag""",
    "aggravated_assault": """tentative de meurtre | tentatives de meurtre | tentative d homicide |
        voies de fait graves |
        tentative d assassinat | gefahrliche korperverletzung | schwere korperverletzung | versuchter mord |
        versuchter totschlag | gefahrliche und schwere korperverletzung | tentativa de homicidio | homicidio tentado |
        tentativa de asesinato | lesiones dolosas por arma de fuego | lesiones dolosas por disparo de arma de fuego |
        lesiones dolosas por arma blanca | zware mishandeling | poging tot moord | poging tot doodslag""",
    "robbery": """vols qualifies | vol qualifie | vol a main armee | vols a main armee | vol avec violence |
        vols avec violence | vols violents sans arme | vols avec armes | raub | raububerfall | strassenraub |
        handtaschenraub |
        schwerer raub | rauberische erpressung | robo con violencia | robo con violencia o intimidacion |
        robos con violencia o intimidacion | robo a transeunte con violencia |
        robo a transeunte en via publica con y sin violencia | robo con fuerza en las personas | overval | straatroof |
        overvallen | beroving | diefstal met geweld""",
    "burglary": """introduction | introduction par effraction | introductions par effraction | cambriolage |
        cambriolages | cambriolages de logement | einbruch | einbruchdiebstahl | einbruchsdiebstahl |
        wohnungseinbruch | wohnungseinbruchdiebstahl | wohnungseinbruchsdiebstahl | einbruch in wohnung |
        geschaftseinbruch | kellereinbruch | robo a casa habitacion | robo a casa habitacion con violencia |
        robo a casa habitacion sin violencia | robo en casa habitacion | robo con fuerza en domicilio |
        robos con fuerza en domicilios | robo en vivienda | diefstal inbraak woning | woninginbraak | inbraak |
        inbraak woning | bedrijfsinbraak | diefstal inbraak bedrijven enz | diefstal inbraak box garage schuur""",
    "motor_vehicle_theft": """vol de vehicule a moteur | vols de vehicules a moteur | vol de vehicule |
        vols de vehicules | vols de vehicule | vol de voiture | vol d automobile | kfz diebstahl |
        kraftfahrzeugdiebstahl | diebstahl von kraftfahrzeugen | diebstahl von kraftwagen | diebstahl von kfz |
        autodiebstahl | robo de vehiculo | robo de vehiculos | robo de vehiculo automotor | robo de coche |
        robo de vehiculo con violencia | robo de vehiculo sin violencia | robo de auto | sustraccion de vehiculos |
        sustracciones de vehiculos | diefstal van motorvoertuigen | diefstal motorvoertuig | autodiefstal |
        diefstal personenauto""",
    "theft": """vol dans sur vehicule a moteur | vol dans vehicule | vol dans un vehicule | vols dans vehicule |
        vols dans les vehicules | vol dans ou sur vehicule a moteur | vols d accessoires sur vehicules | vol simple |
        vols simples | vol a l etalage | vols a l etalage | vol de bicyclette | vol de velo | vol a la tire |
        vols sans violence contre des personnes | diebstahl | fahrraddiebstahl | ladendiebstahl | taschendiebstahl |
        diebstahl aus kraftfahrzeugen | diebstahl an aus kfz | diebstahl aus kfz | einfacher diebstahl |
        hurto | hurtos | robo de objetos del interior de un vehiculo | robo de autopartes |
        robo a negocio sin violencia |
        robo simple | diefstal | winkeldiefstal | zakkenrollerij | fietsendiefstal | diefstal fiets |
        diefstal uit vanaf motorvoertuigen | diefstal uit auto | diefstal van brom snor fietsen |
        diefstal af uit van ov voertuigen""",
    "": """mefait | mefaits | degradation | degradations | voies de fait | korperverletzung |
        einfache korperverletzung |
        vorsatzliche einfache korperverletzung | sachbeschadigung | betrug | unterschlagung | homicidio culposo |
        homicide involontaire | homicide par imprudence | fahrlassige totung | dano | danos | fraude | mishandeling |
        vernieling | vernieling cq zaakbeschadiging | bedreiging | stupefiants | drogendelikt | trafico de drogas |
        rauschgiftdelikt | dood door schuld | escroqueries |
        destructions et degradations volontaires | trafic de stupefiants | usage de stupefiants | openlijk geweld |
        openlijk geweld persoon | drugshandel""",
}
TRANSLATED = {" ".join(phrase.split()).upper(): meaning for meaning, phrases in _PHRASES.items()
              for phrase in phrases.split("|")}
"""Phrase in capitals without accents -> code of the crime type, "" where it is none of them."""

OTHER, BIASED, UNCLEAR, NO_CRIME = "other", "biased", "unclear", "no crime"
_KILLED = r"(HOMICIDIOS?|OMICIDIO?|FEMI(NI)?CIDIOS?|ASESINATOS?|ASSASSINATOS?|PARRICIDIOS?|INFANTICIDIOS?|LATROCINIOS?)"
_WOUND = r"(LESION(ES|I)?|LES(AO|OES)( CORPORA(L|IS))?|HERID[OA]S?|AGRES(ION(ES)?|AO|OES))"
_TAKEN = r"(ROBOS?|HURTOS?|FURT(OS?|I)|SUSTRACCION(ES)?|SUBTRACAO)"
_CAR = (r"(VEHICULOS?|VEICULOS?|AUTOMOTOR(ES)?|AUTOMO(VIL|VILES|VEL|VEIS)|AUTOS?|COCHES?|CARROS?|MOTOS?|MOTOCICLETAS?|"
        r"CAMIONETAS?|CAMION(ES)?|CAMINHAO|CAMINHOES|TURISMOS?|AUTOVETTUR[AE]|AUTOVEICOL[OI]|MOTOCICL[OI]|"
        r"MOTOVEICOL[OI]|CICLOMOTOR[EI])\b(?! DE PEDALES)")
_FIRM, _YIELDS = True, False
FOREIGN_RULES = tuple((re.compile(pattern), meaning, why, firm) for pattern, meaning, why, firm in (
    (r"\b(HECHOS?|FATOS?) (NO DELICTIV\w+|ATIPIC\w+)|\bNAO CRIMINA(L|IS)\b|\bRECUPERA(D[OA]S?|CION|CAO)\b|"
     r"\b(LOCALIZACAO|ENCONTRO|LOCALIZACION) DE\b|\b" + _CAR + r" LOCALIZAD", NO_CRIME,
     "no crime, or only what was found again", _FIRM),
    (rf"\b({_KILLED}|{_WOUND}|MUERTES?|MORTES?)\b.*\b(C[UO]LPOS[OAEI]S?|STRADAL[EI]|IMPRUDEN\w*|TRANSITO|VIAL(ES)?|"
     rf"ACC?IDENTES?|"
     r"SINIESTROS?|ATROPELL\w*)\b|\b(SINIESTROS?|ACC?IDENTES?) (VIAL(ES)?|DE (TRANSITO|TRAFICO))\b|\bSEG VIAL\b",
     OTHER, "a death or a wound in traffic or by negligence", _FIRM),
    (rf"\b(TENTATIVAS?|INTENTOS?|TENTAT[OI]|TENTAD[OA]S?|FRUSTRAD[OA]S?)\b.*\b{_KILLED}\b|"
     rf"\b{_KILLED}\b.*\b(TENTATIVAS?|TENTAT[OI]|TENTAD[OA]S?|FRUSTRAD[OA]S?)\b", "aggravated_assault",
     "an attempt to kill, counted with aggravated assaults", _FIRM),
    (rf"\b{_KILLED}\b|\bROUBO\b.*\bMORTE\b|\bSICARIATO\b", "homicide", "a killing", _YIELDS),
    (r"\b(RECEPTAC\w+|RICETTAZION[EI]|TRUFF[AE]|ENCUBRIMIENTO|FRAUDES?|ESTAFAS?|ESTELIONATOS?|FALSIFICA\w+|"
     r"ABUSO DE CONFIANZA|EXTORS\w+|"
     r"APROPRIACAO|USURPACION|SUPLANTACION)\b|\b(ROBO|HURTO|FURTO) DE (FLUIDO|ENERGIA|IDENTIDAD|SENAL)", OTHER,
     "fraud, extortion or stolen goods", _FIRM),
    (r"\bVIOLACION(ES)?\b(?! DE (CERRADURAS?|DOMICILIO|MORADA|SELLOS))|\bABUSOS? SEXUAL|\bESTUPROS?\b|\bACOSO\b",
     OTHER, "a sexual offence", _FIRM),
    (rf"\b{_WOUND}\b.*\b(ARMAS?|DISPAROS?|PROYECTIL|(?<!MENOS )GRAV(ES?|IS?SIMAS?))\b|\bTIROTEOS?\b|"
     r"\bAPUNALA\w+|\bESFAQUEA\w+", "aggravated_assault", "an assault with a weapon or a serious wound", _YIELDS),
    (r"\b(DISPAROS?|TIROS?) (DE|CON|POR) (UN )?ARMAS?\b", "gunfire", "shots", _YIELDS),
    (rf"\b{_TAKEN}\b.*\b(INTERIOR|DENTRO) (DE |DEL |DO )(UN |O )?{_CAR}|\bFURT[OI] (SU|IN|DA) {_CAR}|"
     rf"\b{_TAKEN}\b.*\b(AUTOPARTES?|"
     r"AC(CE|ES)SS?ORIOS?|PARTES?|PECAS?|PIEZAS?|PLACAS?|LLANTAS?|BATERIAS?|ESTEREO|RETROVISOR\w*)\b", "theft",
     "a theft from a vehicle", _FIRM),
    (rf"\b{_TAKEN} (DE |A |DI )?(UN )?{_CAR}|\b(FURTOS?|"
     rf"HURTOS?)\b.*\b{_CAR}$", "motor_vehicle_theft", "a vehicle taken",
     _YIELDS),
    (rf"\b{_TAKEN}\b.*\b(CASAS?|DOMICILIOS?|VIVIENDAS?|RESIDENCIAS?|HABITACION|ABITAZION[EI]|APPARTAMENT[OI]|MORADA|"
     rf"LUGAR(ES)? (NO )?HABITADO)\b|"
     r"\b(VIOLACION|ROTURA) DE CERRADURAS?\b|\bARROMBAMENTO\b", "burglary", "a burglary", _YIELDS),
    (rf"\b{_TAKEN}\b.*\b(CON VIOLENCIA|C V|CON INTIMIDACION|A MANO ARMADA)\b|\bROUBOS?\b|\bATRACOS?\b|\bRAPIN[AE]\b|"
     r"\bASS?ALTOS?\b",
     "robbery", "a robbery", _YIELDS),
    (rf"\b{_TAKEN}\b.*(?<!CON Y )(?<!CON O )\b(SIN VIOLENCIA|S V)\b", "theft", "a theft without violence", _FIRM),
    (r"\b(COSQUILLEO|CARTERISTAS?|RAPONAZO|DESCUIDO|FACTOR DE OPORTUNIDAD|MECHEROS?|BORSEGGIO?|SCIPP[OI]|"
     r"TACCHEGGIO?)\b|\bFURT(OS?|I)\b|"
     r"\bHURTOS?\b(?! (A|DE) (PERSONAS?|COMERCIOS?|ENTIDAD\w*|CELULAR\w*))", "theft", "a theft", _YIELDS),
    (rf"\b{_WOUND}\b.*\b(LEVES?|LEVISIMAS?|MENOS GRAVES)\b", OTHER, "an assault that is not aggravated", _YIELDS),
    (rf"\bROBOS?\b|\bHURTOS?\b|\b{_WOUND}\b|\bCOUPS ET BLESSURES\b", UNCLEAR,
     "may be one of the crime types, not clear which", _YIELDS),
    (r"\bDROGAS?\b|\bESTUPEFACIENTES?\b|\bENTORPECENTES?\b|\bNARCO(?!TIC)\w*|"
     r"\b(PORTE|PORTACION|POSSE|POSESION|TENENCIA)\b.*\bARMAS?\b", BIASED, "recorded mostly where police look",
     _YIELDS),
    (r"\bAMENAZAS?\b|\bAMEACAS?\b|\bDANOS?\b|\bSE[CQ]UESTROS?\b|\bVIOLENCIA (FAMILIAR|INTRAFAMILIAR|DOMESTICA)\b|"
     r"\b(VIALIDAD|INJURIAS?|CALUNIAS?)\b", OTHER, "another offence", _YIELDS),
))
"""(pattern, code of a crime type or one of the four words above, why, whether it decides over other columns): the first
that fits the words in capitals without accents. Each needs a word that English does not have."""
