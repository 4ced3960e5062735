"""Pairs of columns of coordinates, told by the words of their names in several languages.

A pair counts only when both names are alike but for the word of the axis, so that no street and no length is taken.
"""
from __future__ import annotations

import re
import unicodedata
from typing import Iterator, Optional, Sequence

_LANGUAGES = """
    longitude/latitude longitud/latitud longitudine/latitudine laengengrad/breitengrad langengrad/breitengrad
    laenge/breite lange/breite lengtegraad/breedtegraad lengdegrad/breddegrad laengdegrad/breddegrad
    langdegrad/breddegrad lengte/breedte longitudem/latitudem zemepisnadelka/zemepisnasirka delka/sirka
    pituusaste/leveysaste pituus/leveys dlugosc/szerokosc boylam/enlem lon/lat lng/lat long/lat longe/late
    долгота/широта 经度/纬度 經度/緯度 経度/緯度
""".split()
_GRIDS = """
    easting/northing eastings/northings ostwert/nordwert rechtswert/hochwert xcoordinate/ycoordinate xcoord/ycoord
    coordx/coordy east/north est/nord este/norte x/y
""".split()
_ABOUT_PLACE = re.compile(
    "(?:map|rough|approx|approximate|rounded|masked|point|pt|coords?|coordinates?|coordonnees?|coordenadas?|koordinate|"
    "geo|geom|geometry|gis|gps|state|plane|utm|loc|location|position|pos|block|incident|inc|event|crime|offen[sc]e|"
    "alert|scene|site|cd|val|value|num|metres?|meters?|feet|ft|m|dd|wgs|nad|epsg|lambert|mtm|bng|osgb|etrs|gk|center|"
    "centre|centroid|mercator|web|grid|projected|proj|std|the|public|vehicle|unit|xy|n|_)*")
_X = re.compile(r"^x|x$")
"""As in LONGITUDE_X beside LATITUDE_Y."""
_NUMBERED = re.compile(r"(.*\b(?:coordinates?|coords?|geometry)\W*)([01])\W*", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"\b(?:dest|destination|dropoff|drop|end|ending|to|home|hospital|station|prev|previous|last known|victim|suspect|"
    r"caller|reporter|reporting|officer|min|max|delta|error|accuracy|sigma|dispatch|dispatched|billing|office|"
    r"headquarters|tower|next|recovery|recovered|arrest|arrested|booking|jail|tow|towed|impound|impounded|owner|"
    r"offender|employer)\b")
"""Words that say a position is of something else than the event or the unit, or no position."""


def words_in(column: object) -> str:
    """A name's words in lower case without accents, in any script, parted by blanks."""
    text = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", str(column))
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text.casefold().replace("ł", "l"))
                   if not unicodedata.combining(letter))
    return " ".join(re.findall(r"[^\W_]+", bare))


def paired_by_words(columns: Sequence[str]) -> Optional[tuple[str, str, str]]:
    """("longitude" or "x", column, column of the other axis) of the first pair that the words of names tell."""
    words = {column: words_in(column) for column in columns if not ELSEWHERE.search(words_in(column))}
    return next(_pairs(words), None)


def _pairs(words: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    numbered = {column: found for column in words if (found := _NUMBERED.fullmatch(column))}
    second = {found[1]: column for column, found in reversed(numbered.items()) if found[2] == "1"}
    for column, found in numbered.items():
        if found[2] == "0" and found[1] in second:
            yield "longitude", column, second[found[1]]
    joined = {column: name.replace(" ", "") for column, name in words.items()}
    # Found by its text: a file may have thousands of columns.
    column_of = {text: column for column, text in reversed(joined.items())}
    for pairs, role in ((_LANGUAGES, "longitude"), (_GRIDS, "x")):
        for pair in pairs:
            east, north = pair.split("/")
            for column, text in joined.items():
                for before, after in _around(text, east):
                    twin = column_of.get(before + north + after) or column_of.get(
                        _X.sub("y", before) + north + _X.sub("y", after))
                    if twin and _tells(words[column], before, after, east, role == "x"):
                        yield role, column, twin
                        break


def _around(text: str, word: str) -> Iterator[tuple[str, str]]:
    """What stands before and after a word, wherever a text holds it."""
    start = text.find(word)
    while start >= 0:
        yield text[:start], text[start + len(word):]
        start = text.find(word, start + 1)


def _tells(name: str, before: str, after: str, east: str, only_about_places: bool) -> bool:
    """Whether the word of the axis means one: a short word stands alone, or beside words of places."""
    if len(east) > 5 or _ABOUT_PLACE.fullmatch(re.sub(r"\d", "", before)) and \
            _ABOUT_PLACE.fullmatch(re.sub(r"\d", "", after)):
        return True
    return not only_about_places and re.search(rf"(?<![^\W\d_]){re.escape(east)}(?![^\W\d_])", name) is not None
