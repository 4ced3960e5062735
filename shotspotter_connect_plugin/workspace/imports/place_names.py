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
_NUMBERED = re.compile(r"(.*\b(?:coordinates?|coords?|geometry)\W*)([01])\W*", re.IGNORECASE)
ELSEWHERE = re.compile(
    r"\b(?:dest|destination|dropoff|drop|end|ending|to|home|hospital|station|prev|previous|last known|victim|suspect|"
    r"caller|reporter|reporting|officer|min|max|delta|error|accuracy|sigma|dispatch|dispatched|billing|office|"
    r"headquarters|tower|next)\b")
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
    for column in words:
        numbered = _NUMBERED.fullmatch(column)
        other = numbered and next((name for name in words if _NUMBERED.fullmatch(name) and name != column
                                   and _NUMBERED.fullmatch(name)[1] == numbered[1]), None)  # type: ignore[index]
        if numbered and other and numbered[2] == "0":
            yield "longitude", column, other
    for pairs, role in ((_LANGUAGES, "longitude"), (_GRIDS, "x")):
        for pair in pairs:
            east, north = pair.split("/")
            for column, name in words.items():
                twin = next((other for other in words if other != column
                             and _alike(name, words[other], east, north, role == "x")), None)
                if twin:
                    yield role, column, twin


def _alike(name: str, other: str, east: str, north: str, only_about_places: bool) -> bool:
    """Whether two names differ in the word of the axis only; short words stand alone or beside words of places."""
    joined, twin = name.replace(" ", ""), other.replace(" ", "")
    starts = [start.start() for start in re.finditer(f"(?={re.escape(east)})", joined)]
    for start in starts:
        before, after = joined[:start], joined[start + len(east):]
        if twin != before + north + after:
            continue
        whole = re.search(rf"(?<![^\W\d_]){re.escape(east)}(?![^\W\d_])", name) is not None
        about_place = bool(_ABOUT_PLACE.fullmatch(re.sub(r"\d", "", before)) and
                           _ABOUT_PLACE.fullmatch(re.sub(r"\d", "", after)))
        if about_place or len(east) > 5 or (whole and not only_about_places):
            return True
    return False
