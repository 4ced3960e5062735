"""Offences in French, word by word, as lists of Quebec and of France have them."""
import pytest

from shotspotter_connect_plugin.workspace.imports.offences import SEVERITY, UNCLEAR, crime_type

WORDS = {
    "unclear": """
        vol | vols | tentative de vol | vol à l'arraché | Voies de fait causant des lésions corporelles | vol
        avec entrée par ruse en tous lieux | vols qualifiés et extorsions | coups et blessures | Coups et
        blessures volontaires
        """,
    "theft": """
        vol simple | Vols simples | vol à l'étalage | Vols à l'étalage | vol à la tire | Vols à la tire | vol à
        la roulotte | Vols à la roulotte | vol de 5 000 $ ou moins | Vol de plus de 5 000 $ | Vol de plus de
        5000$ | vol de 5000$ et moins | vol de bicyclette | vol de vélo | Vol dans / sur véhicule à moteur |
        Vols dans les véhicules | Vols d'accessoires sur véhicules | Vols sans violence contre des personnes |
        vol de pièces automobiles | vol d'accessoires automobiles | vol de plaque d'immatriculation | vol de
        téléphone portable | vol de carburant | vol de bagages | vols au préjudice de particuliers dans les
        locaux publics | Autres vols simples contre des particuliers dans des locaux privés | Autres vols
        simples contre des particuliers dans des locaux ou lieux publics | Autres vols simples contre des
        établissements publics ou privés | vol par ruse | vol à l'arraché sans violence | vol dans un véhicule à
        moteur de plus de 5000$ | Vols d'objets mobiliers | vol de courrier | Vols liés à l'automobile : vol
        dans un véhicule
        """,
    "motor_vehicle_theft": """
        vol de véhicule | Vols de véhicules | Vol de véhicule à moteur | Vols de véhicules à moteur | vol
        d'automobile | vol d'auto | vol d'un véhicule à moteur | vol de véhicules motorisés | Vols d'automobiles
        | Vols de véhicules motorisés à 2 roues | vol de moto | vol de motocyclette | vol de scooter | vol de
        camion | vol de deux-roues motorisé | vol de voiture | Vols de véhicules de transport avec fret |
        tentative de vol de véhicule | Véhicule volé
        """,
    "burglary": """
        vol par effraction | Vols par effraction | vol avec effraction | cambriolage | Cambriolages |
        cambriolage de logement | Cambriolages de lieux d'habitations principales | Cambriolages de résidences
        secondaires | Cambriolages de locaux industriels, commerciaux ou financiers | Cambriolages d'autres
        lieux | introduction par effraction | Introduction par effraction dans une résidence | entrée par
        effraction | Entrées par effraction | introduction | vol avec effraction dans un commerce | Cambriolages
        de logement | Cambriolage d'un local commercial | tentative d'introduction par effraction
        """,
    "robbery": """
        vol qualifié | Vols qualifiés | vol avec violence | Vols avec violence | vol à main armée | Vols à main
        armée | Vols à main armée contre des établissements financiers | vols avec armes | vol avec arme | Vols
        violents sans arme | Vols violents sans arme contre des femmes sur voie publique | Vols avec violences
        contre les personnes | Vol à l'arraché avec violence | vol avec arme blanche | vol avec menace | vol
        avec menaces | vol sous la menace d'une arme | braquage | car-jacking | Carjacking | home-jacking | vol
        qualifié (introduction) | vol de véhicule avec violence | vol avec violence par arme à feu
        """,
    "aggravated_assault": """
        voies de fait graves | Voies de fait grave | voies de fait armées | voies de fait avec arme | voies de
        fait armées ou infliction de lésions corporelles | Agression armée | agression armée ou causant des
        lésions | Agression armée ou causant des lésions corporelles | tentative de meurtre | Tentatives
        d'homicides | Tentative d'assassinat | coups de feu sur une personne | coup de couteau | agression à
        l'arme blanche | agression au couteau | fusillade | décharger une arme à feu intentionnellement |
        Violences avec arme | violences avec arme
        """,
    "homicide": """
        Coups et blessures volontaires suivis de mort | meurtre | Meurtres | homicide | Homicides | assassinat |
        Infractions entrainant la mort | Homicides pour voler et à l'occasion de vols | Homicides pour d'autres
        motifs | Meurtre au premier degré | Règlements de compte entre malfaiteurs | homicide volontaire |
        Homicides commis contre enfants de moins de 15 ans | féminicide
        """,
    "other": """
        méfait | Méfaits | Voies de fait | voies de fait simples | Agression sexuelle | Agressions sexuelles |
        viol | menaces | Menaces de mort | harcèlement criminel | fraude | Escroqueries | Recel | recels | abus
        de confiance | dégradations | Destructions et dégradations volontaires | incendie volontaire | Incendie
        criminel | vol d'identité | conduite avec facultés affaiblies | Vol de service | négligence criminelle
        causant la mort | Homicide involontaire | Violences physiques intrafamiliales | Vente de produits
        stupéfiants | Usage de stupéfiants | possession de stupéfiants | Possession d'arme | port d'arme prohibé
        | possession de biens volés | Véhicule retrouvé | véhicule volé retrouvé | vol non fondé | Fausse alarme
        | Alarme introduction | alarme vol | Homicide par négligence | usage d'arme à feu
        """,
    "gunfire": """
        Coups de feu entendus | coups de feu
        """,
}


@pytest.mark.parametrize("meaning, word", [
    (meaning, " ".join(word.split())) for meaning, words in WORDS.items() for word in words.split("|")])
def test_a_french_word_is_what_it_says_or_asked(meaning, word):
    for written in (word, word.upper(), word.replace("\u0027", "\u2019")):
        found = crime_type(written)
        if meaning == "other":
            assert found not in SEVERITY and found != UNCLEAR
        else:
            assert found == (UNCLEAR if meaning == "unclear" else meaning)
