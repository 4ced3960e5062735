"""Offences in languages other than English: whole phrases that are certain, never their parts.

A phrase that is not here is not counted, and told with its count: "Vol" alone, "Robo" and "lesiones" mean too much.
Statistics of the police of Quebec and France, of the German Federal Criminal Police, of Mexico and Spain, and of the
Netherlands use these words.
"""
from __future__ import annotations

_PHRASES = {
    "homicide": """infractions entrainant la mort | homicide volontaire | homicides volontaires | meurtre | meurtres |
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
        diefstal uit vanaf motorvoertuigen | diefstal uit auto | diefstal af uit van ov voertuigen""",
    "": """mefait | mefaits | degradation | degradations | voies de fait | korperverletzung |
        einfache korperverletzung |
        vorsatzliche einfache korperverletzung | sachbeschadigung | betrug | unterschlagung | homicidio culposo |
        homicide involontaire | homicide par imprudence | fahrlassige totung | dano | danos | fraude | mishandeling |
        vernieling | vernieling cq zaakbeschadiging | bedreiging | stupefiants | drogendelikt | trafico de drogas |
        rauschgiftdelikt | dood door schuld""",
}
TRANSLATED = {" ".join(phrase.split()).upper(): meaning for meaning, phrases in _PHRASES.items()
              for phrase in phrases.split("|")}
"""Phrase in capitals without accents -> code of the crime type, "" where it is none of them."""
