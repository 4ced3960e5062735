"""A name for every box that people use: the commonest block of its incidents and a landmark beside it."""
import re

import numpy as np
import pandas as pd

LONGEST = 60
"""Characters of the longest name; it has to fit one line of a sheet."""

NEAR = 250.0
"""Metres from the centre of a box within which a landmark is "by" it."""

# Kinds of places that people steer by. A station wins over other landmarks beside the same box, and its word goes
# behind its name. Shops and bars are left out: their names change, and many are names of persons.
STATIONS = {"metro_station": "Metro", "subway_station": "Subway", "rail_station": "Station"}
LANDMARKS = {"school", "library", "hospital", "university", "park", "playground", "stadium", "museum", "bridge",
             "recreation_center", "recreation_centre", "shopping_center", "shopping_centre", "police_station",
             "fire_station"}

_STREET_TYPES = {
    "STREET": "St", "AVENUE": "Ave", "ROAD": "Rd", "PLACE": "Pl", "COURT": "Ct", "DRIVE": "Dr", "BOULEVARD": "Blvd",
    "PARKWAY": "Pkwy", "TERRACE": "Ter", "CIRCLE": "Cir", "LANE": "Ln", "SQUARE": "Sq", "HIGHWAY": "Hwy",
    "ALLEY": "Aly", "FREEWAY": "Fwy", "EXPRESSWAY": "Expy", "BRIDGE": "Brg", "CRESCENT": "Cres"}
_COMPASS = {"N", "S", "E", "W", "NE", "NW", "SE", "SW", "NB", "SB", "EB", "WB"}
_SMALL = {"and", "of", "to", "from", "under", "over", "block"}
_BLOCK_OF = re.compile(r"\s*\b(?:B/O|(?:BLOCK|BLK)(?:\s+OF)?)\b\s*", re.IGNORECASE)
_JOINT = re.compile(r"\s+(?:AND|AT)\s+|\s*[&/@]\s*", re.IGNORECASE)
_NUMBER = re.compile(r"(?:(?P<first>\d+X*)(?:\s*-\s*\d+X*|\s+\d+(?=\s))?|UNIT)\s+(?=\S)", re.IGNORECASE)
_DWELLING = re.compile(r"(?:\s*#|\s+(?:APT|APARTMENT|SUITE|STE|UNIT|FLOOR|ROOM|RM)\b).*", re.IGNORECASE)
_GAELIC = re.compile(r"^(Mc|O')([a-z])(?=[a-z]{2})")
_DIRECTIONS = np.array(["east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east"])


def name_boxes(workspace):
    """Fill ``boxes.where`` from the workspace's incidents and places; gives the number of boxes whose name changed.

    Cheap enough to run after every import; one transaction, and none where nothing changes.
    """
    boxes = workspace.read("boxes", ["box_id", "col", "row", "where"], order_by="box_id")
    x, y = workspace.fishnet.centres(boxes["col"].to_numpy(), boxes["row"].to_numpy())
    names = box_names(boxes.assign(x=x, y=y), workspace.read("incidents", ["box_id", "block"]),
                      workspace.read("places", ["kind", "name", "x", "y"]), workspace.fishnet.size)
    boxes["name"] = boxes["box_id"].map(names)
    changed = boxes[boxes["name"].notna() & (boxes["name"] != boxes["where"])]
    if len(changed):
        with workspace.transaction() as writer:
            writer.upsert("boxes", pd.DataFrame({"box_id": changed["box_id"], "where": changed["name"]}))
    return len(changed)


def box_names(boxes, blocks, places, size=250.0):
    """Name boxes.

    Parameters
    ----------
    boxes : DataFrame[box_id, x, y]
        Centres in metres.
    blocks : DataFrame[box_id, block]
        One row per incident.
    places : DataFrame[kind, name, x, y]
        Metres; kinds outside ``STATIONS`` and ``LANDMARKS`` are not used.
    size : float
        Side of a box in metres.

    Returns
    -------
    Series
        Name by box_id, at most ``LONGEST`` characters; a box is left out where there is nothing to name it by. A block
        names one box only, the one with most of its incidents. The same rows in any order give the same names.
    """
    boxes = boxes.sort_values("box_id").set_index("box_id")[["x", "y"]]
    named = _commonest_blocks(boxes, blocks)
    landmarks = _landmarks(places)
    beside = _beside(boxes, landmarks).reindex(named.index)
    both = named + ", by " + beside.fillna("")
    names = both.where(beside.notna() & (both.str.len() <= LONGEST), named)

    anchors = pd.concat([boxes.loc[named.index].assign(name=named, landmark=False), landmarks.assign(landmark=True)])
    unnamed = boxes.drop(named.index)
    return pd.concat([names, _relative(unnamed, anchors, size)]).sort_index().rename("where")


def block_name(block):
    """One block as people write it: "2200 - 2299 BLOCK OF V STREET NE" is "2200 block V St NE".

    A house number is rounded down to its hundred, and a flat is left out, so that no name points at a home. Of a
    crossing both streets stay as long as they fit. A text without letters names nothing and gives "".
    """
    text = " ".join(_BLOCK_OF.sub(" ", re.sub(r"\([^)]*\)", " ", block)).split())
    number = _NUMBER.match(text)
    streets = [_street(part) for part in _JOINT.split(text)]
    streets = [street for street in streets if any(map(str.isalpha, street))]
    if not streets:
        return ""
    whole = (_hundred(number["first"]) + " block " if number else "") + " and ".join(streets)
    if len(whole) > LONGEST and len(streets) > 1:
        whole = streets[0]
    return whole if len(whole) <= LONGEST else whole[:LONGEST + 1].rsplit(" ", 1)[0][:LONGEST]


def _hundred(number):
    """The hundred of a house number ("2211", "22XX"); American forms call the first one the unit block."""
    hundred = int((number or "0").upper().replace("X", "0")) // 100 * 100
    return str(hundred) if hundred else "unit"


def _street(text):
    """A street's name in capitals and small letters, its type abbreviated; without house number and flat."""
    number = _NUMBER.match(text)
    words = _DWELLING.sub("", " " + (text[number.end():] if number else text)).split()
    last = max((place for place, word in enumerate(words) if word.upper() in _STREET_TYPES and place > 0), default=None)
    spelt = []
    for place, word in enumerate(words):
        if place == last:
            spelt.append(_STREET_TYPES[word.upper()])
        elif word.upper() in _COMPASS and (place > 0 or len(words) == 1 or len(word) == 1):
            spelt.append(word.upper())
        elif word.lower() in _SMALL and place > 0:
            spelt.append(word.lower())
        else:
            spelt.append(_spell(word))
    return " ".join(spelt)


def _spell(word):
    """A word with a capital first letter, unless it comes in both cases already."""
    if not (word.isupper() or word.islower() or word[0].isdigit()):
        return word
    return _GAELIC.sub(lambda found: found[1] + found[2].upper(), word.capitalize())


def _commonest_blocks(boxes, blocks):
    """Series of one block name per box, no name twice; boxes without any are left out."""
    blocks = blocks.dropna(subset=["box_id", "block"])
    blocks = blocks[blocks["box_id"].isin(boxes.index)]
    spelt = {block: block_name(block) for block in blocks["block"].unique()}
    counts = blocks.assign(name=blocks["block"].map(spelt)).query("name != ''").groupby(["box_id", "name"]).size()
    counts = counts.rename("incidents").reset_index().sort_values(["incidents", "name", "box_id"],
                                                                  ascending=[False, True, True])
    rounds = []
    while len(counts):
        best = counts.drop_duplicates("box_id").drop_duplicates("name")
        rounds.append(best)
        counts = counts[~counts["box_id"].isin(best["box_id"]) & ~counts["name"].isin(best["name"])]
    if not rounds:
        return pd.Series([], index=pd.Index([], name="box_id", dtype=object), dtype=object)
    return pd.concat(rounds).set_index("box_id")["name"].sort_index()


def _landmarks(places):
    """DataFrame[name, x, y, station] of the places people steer by, with names short enough to use."""
    kinds = places["kind"].astype(str).str.lower().str.replace(" ", "_")
    places = places[kinds.isin(LANDMARKS | set(STATIONS)) & places["name"].notna() & places["x"].notna()]
    kinds = kinds[places.index]
    words = kinds.map(STATIONS).fillna("")
    found = places[["x", "y"]].astype(float).assign(
        name=pd.Series([_landmark_name(*pair) for pair in zip(places["name"], words)], places.index, dtype=object),
        station=words != "")
    fits = (found["name"] != "") & (found["name"].str.len() <= LONGEST - len("by "))
    return found[fits].sort_values(["x", "y", "name"]).reset_index(drop=True)


def _landmark_name(name, word):
    name = " ".join(re.split(r"[@(#]", name)[0].split()).strip(" -,;")
    if name.isupper():
        name = name.title()
    return name if not word or not name or word.lower() in name.lower().split() else name + " " + word


def _nearest(boxes, points):
    """Distance in metres and position in ``points`` of the point nearest to each box."""
    from scipy.spatial import cKDTree

    return cKDTree(points[["x", "y"]].to_numpy()).query(boxes[["x", "y"]].to_numpy())


def _beside(boxes, landmarks):
    """Name of the station within ``NEAR``, else of the nearest other landmark within it, else None."""
    beside = pd.Series(None, index=boxes.index, dtype=object)
    for station in (False, True):
        points = landmarks[landmarks["station"] == station]
        if len(points) and len(boxes):
            distance, place = _nearest(boxes, points)
            beside = beside.where(distance > NEAR, points["name"].to_numpy()[place])
    return beside


def _relative(boxes, anchors, size):
    """Names of boxes from the nearest anchor: by a landmark inside, else its direction from there."""
    if not len(anchors) or not len(boxes):
        return pd.Series([], index=boxes.index[:0], dtype=object)
    distance, place = _nearest(boxes, anchors)
    anchor = anchors.iloc[place]
    x, y = boxes["x"].to_numpy() - anchor["x"].to_numpy(), boxes["y"].to_numpy() - anchor["y"].to_numpy()
    inside = anchor["landmark"].to_numpy(bool) & (np.abs(x) <= size / 2) & (np.abs(y) <= size / 2)
    octant = np.round(np.degrees(np.arctan2(y, x)) / 45.0).astype(int) % 8
    far = pd.Series(np.round(distance / 50.0).astype(int) * 50).astype(str).to_numpy() + " m "
    direction = np.where(distance > 1.5 * size, far, "") + _DIRECTIONS[octant] + " of "
    names = np.where(inside, "by ", direction) + anchor["name"].to_numpy(str).astype(object)
    return pd.Series(names, index=boxes.index).str.slice(0, LONGEST)
