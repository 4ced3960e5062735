#!/usr/bin/env python3
"""Make the sample data in ``shotspotter_connect_plugin/resources/sample`` from the public files.

    tools/make_sample.py [FOLDER_OF_PUBLIC_FILES]

The folder holds the Washington DC files as published (``dc/*.csv.gz``, ``dc/places``, ``dc/context``); when it is
not given, the environment variable CONNECT_DATA names it, or it is ``../shared/data``. Running it twice gives the same
bytes. Needs pandas, geopandas, shapely and GDAL; the product itself never runs it.
"""
import gzip
import io
import json
import os
import sys
from pathlib import Path

import geopandas
import numpy
import pandas
from osgeo import gdal, ogr, osr
from pandas.tseries.holiday import USFederalHolidayCalendar
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, mapping
from shapely.ops import linemerge, polygonize, unary_union

gdal.UseExceptions()

ROOT = Path(__file__).resolve().parent.parent
SAMPLE = ROOT / "shotspotter_connect_plugin" / "resources" / "sample"
METRIC = "EPSG:26985"  # the city's own system, in which lines are cut and simplified
MAP = "EPSG:32618"  # UTM zone 18N, in which a workspace of the city is made unless a CRS is named
TOLERANCE = 5.0  # metres by which a simplified line may leave the published one
NARROWEST = 60.0  # metres; narrower strips of land are what is left where two sources draw a shore differently

ROAD = 20.0  # metres; width of a bridge of a main road

CRIME_COLUMNS = ["X", "Y", "CCN", "REPORT_DAT", "SHIFT", "METHOD", "OFFENSE", "BLOCK", "XBLOCK", "YBLOCK", "DISTRICT",
                 "PSA", "START_DATE", "END_DATE"]
MAJOR = {"Interstate", "Other Freeway and Expressway", "Principal Arterial"}

# kind of place: (published file, columns kept)
PLACES = {
    "metro_station": ("metro-stations-district", ["GIS_ID", "NAME"]),
    "school": ("public-schools", ["GIS_ID", "NAME"]),
    "library": ("libraries", ["GIS_ID", "NAME"]),
    "hospital": ("hospitals", ["GIS_ID", "NAME"]),
    "gas_station": ("gas-stations", ["GIS_ID", "NAME"]),
    "liquor_licence": ("liquor-license-locations", ["LICENSE", "TRADE_NAME", "CLASS", "TYPE"]),
}

# group of residents: column of the census of 2010 in the published tracts
RESIDENTS = {"residents": "P0010001", "hispanic": "P0020002", "white": "P0020005", "black": "P0020006",
             "asian": "P0020008"}
# District: first month of its alerts in the file published for 2006 to 2013; the Second District has none.
SENSORS_SINCE = {7: "2006-01-01", 6: "2008-01-01", 5: "2008-03-01", 3: "2008-07-01", 1: "2008-09-01", 4: "2008-09-01"}

SEAM = 6.0  # metres; shore lines that miss each other by less than twice this are joined

# Where the published shoreline has a gap, it is closed by hand; metres in EPSG:26985, good to about 50 m.
SHORE = [
    [(395060, 136700), (395083, 136755), (395130, 136830)],  # mouth of Rock Creek
    [(395952, 135077), (396456, 134690), (396497, 134618)],  # West Potomac Park, inlet of the Tidal Basin
    [(396996, 135216), (397100, 135000), (397180, 134960)],  # outlet of the Tidal Basin
    [(397490, 134960), (397534, 134876), (397575, 134777), (397630, 134840)], [(400630, 133436), (400700, 133380)],
    [(398821, 132332), (398640, 132080), (398330, 131500), (398080, 130800), (397960, 130100), (397880, 129600),
     (397710, 128985)],  # Anacostia-Bolling
    [(397628, 127734), (397660, 127330), (397794, 126973)], [(398003, 126908), (397960, 126500), (397990, 126150)],
    [(403190, 136500), (403215, 136610), (403290, 136950), (403440, 137250), (403540, 137600), (403850, 138100),
     (403920, 138540), (404050, 138640), (404620, 138660), (404820, 138780), (405100, 139100)],  # Anacostia, west bank
    [(398003, 132201), (398378, 132640)], [(398650, 132760), (398821, 132332)],  # where one water meets the next
    [(402400, 136685), (403600, 136560)],  # Benning Road bridge
    [(394900, 136035), (396575, 136035), (396575, 136900)],  # Constitution Avenue, 17th Street
    [(397085, 136900), (397085, 136035), (398700, 136025)],  # 15th Street, Constitution Avenue
]
# Points inside those areas outside every neighbourhood cluster that are drawn, with their names.
WATER = [("Potomac River", 397700, 131000), ("Anacostia River", 400500, 133600), ("Anacostia River", 403720, 137785),
         ("Washington Channel", 398200, 133300), ("Tidal Basin", 396700, 135000)]
FEDERAL_PARKS = [("National Mall", 396700, 135800), ("East Potomac Park", 397500, 133800),
                 ("National Arboretum", 402900, 138200), ("Rock Creek Park", 395874, 143169)]


def published(folder, name):
    """One published layer in metres, without its empty geometries."""
    frame = geopandas.read_file("/vsigzip/" + str(folder / (name + ".geojson.gz"))).to_crs(METRIC)
    return frame[~frame.geometry.isna()]


def write_csv(frame, name):
    """Gzip without the time of day, so that the same rows give the same bytes."""
    text = io.StringIO()
    frame.to_csv(text, index=False, lineterminator="\n")
    with open(SAMPLE / name, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.getvalue().encode("utf-8"))


def rounded(geometry):
    """Longitude and latitude to six decimals, a tenth of a metre: what neighbours share stays shared."""
    def walk(node):
        return [round(node[0], 6), round(node[1], 6)] if isinstance(node[0], float) else [walk(each) for each in node]
    shape = mapping(geometry)
    return {"type": shape["type"], "coordinates": walk(json.loads(json.dumps(shape["coordinates"])))}


def write_geojson(frame, name):
    """One feature a line, in longitude and latitude as GeoJSON wants it."""
    frame = frame.to_crs("EPSG:4326")
    attributes = json.loads(frame.drop(columns="geometry").to_json(orient="records"))
    lines = [json.dumps({"type": "Feature", "properties": row, "geometry": rounded(shape)}, ensure_ascii=False,
                        separators=(",", ":")) for row, shape in zip(attributes, frame.geometry)]
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    (SAMPLE / name).write_text(text, encoding="utf-8")


def simplify_coverage(polygons):
    """Polygons that share borders, with every border simplified once, so that neighbours still meet exactly."""
    arcs = linemerge(unary_union([polygon.boundary for polygon in polygons]))
    faces = list(polygonize([arc.simplify(TOLERANCE) for arc in arcs.geoms]))
    found = []
    for polygon in polygons:
        mine = [face for face in faces if polygon.contains(face.representative_point())]
        if len(mine) != 1:
            raise SystemExit("a border was simplified away; use a smaller tolerance")
        found.append(mine[0])
    return found


def incidents(folder):
    frame = pandas.read_csv(folder / "Crime_Incidents_in_2017_with_times.csv.gz", dtype=str, keep_default_na=False)
    write_csv(frame[CRIME_COLUMNS].sort_values(["REPORT_DAT", "CCN"], kind="stable"), "crime_incidents_2017.csv.gz")


def alerts(folder):
    frame = pandas.read_csv(folder / "Shot_Spotter_Gun_Shots_opendatadc_2014_2019.csv.gz", dtype=str,
                            keep_default_na=False)
    before_2018 = frame["DATETIME"] < "2018-01-01T05:00:00.000Z"  # midnight in Washington
    frame = frame[before_2018].sort_values(["DATETIME", "OBJECTID"], kind="stable")
    write_csv(frame, "gunfire_alerts_2014_2017.csv.gz")


def beats(folder):
    """Police service areas, without the columns that count residents by race and sex -> their outline."""
    areas = published(folder / "places", "police-service-areas-psa").sort_values("NAME")
    areas = areas.set_geometry(simplify_coverage(list(areas.geometry)), crs=METRIC)
    write_geojson(areas[["NAME", "DISTRICT", "geometry"]], "police_service_areas.geojson")
    return unary_union(list(areas.geometry))


def neighbourhoods(folder):
    """Neighbourhood clusters with residents by group, from census tracts by their share of area in each cluster."""
    clusters = published(folder / "context", "neighborhood-clusters").sort_values("NAME")
    tracts = published(folder / "places", "census-tracts-2010")
    shared = numpy.array([[tract.intersection(cluster).area for cluster in clusters.buffer(0)]
                          for tract in tracts.buffer(0)])
    share = shared / shared.sum(axis=1, keepdims=True)
    counts = pandas.DataFrame({group: (tracts[column].to_numpy(float) @ share).round().astype(int)
                               for group, column in RESIDENTS.items()}, index=clusters.index)
    counts["other"] = counts["residents"] - counts[["hispanic", "white", "black", "asian"]].sum(axis=1)
    frame = clusters.join(counts)
    frame = frame.assign(name=frame["NBH_NAMES"].str.strip(), geometry=frame.simplify(TOLERANCE))
    write_geojson(frame[["name", *counts.columns, "geometry"]], "neighbourhoods.geojson")


def sensor_coverage():
    """Police districts with the date from which they have sensors."""
    areas = geopandas.read_file(SAMPLE / "police_service_areas.geojson").to_crs(METRIC)
    districts = areas.dissolve("DISTRICT").loc[sorted(SENSORS_SINCE)].reset_index()
    since = districts["DISTRICT"].map(SENSORS_SINCE)
    write_geojson(districts.assign(name=districts["DISTRICT"].astype(str) + "D", **{"from": since})[
        ["name", "from", "geometry"]], "sensor_coverage.geojson")


def holidays():
    """Federal holidays of the years of the sample."""
    days = USFederalHolidayCalendar().holidays("2014-01-01", "2018-12-31", return_name=True)
    frame = pandas.DataFrame({"date": days.index.strftime("%Y-%m-%d"), "kind": "holiday", "name": days.to_numpy()})
    frame.to_csv(SAMPLE / "holidays_2014_2018.csv", index=False, lineterminator="\n")


def jurisdiction(folder, outline, water, parks):
    """The city without its rivers, so that no box lies on the water; islands that are parks stay."""
    city = published(folder / "places", "dc-boundary")
    if city.unary_union.symmetric_difference(outline).area > 0.001 * outline.area:
        raise SystemExit("the beats do not fill the city")
    land = outline.difference(unary_union(list(water.geometry)).difference(unary_union(list(parks.geometry))))
    opened = land.buffer(-NARROWEST / 2).buffer(NARROWEST / 2).simplify(TOLERANCE).intersection(outline)
    parts = MultiPolygon([part for part in opened.geoms if part.area > NARROWEST ** 2])
    write_geojson(city[["CITY_NAME", "geometry"]].set_geometry([parts], crs=METRIC), "jurisdiction.geojson")


def water(layers):
    """Rivers where nobody can stop, for the boxes: without the islands that are parks and the bridges of main roads."""
    ground = unary_union([*layers["parks"].geometry, *layers["roads"].buffer(ROAD / 2)])
    frame = layers["water"].assign(geometry=layers["water"].difference(ground).simplify(TOLERANCE))
    frame.insert(0, "id", range(1, len(frame) + 1))
    write_geojson(frame, "places/water.geojson")


def places(folder, outline):
    (SAMPLE / "places").mkdir(exist_ok=True)
    for kind, (name, columns) in PLACES.items():
        frame = published(folder / "places", name)
        write_geojson(frame[columns + ["geometry"]].sort_values(columns[0]), "places/" + kind + ".geojson")
    stops = pandas.read_csv(folder / "places" / "Metro_Bus_Stops.csv.gz", encoding="utf-8-sig", dtype=str)
    points = geopandas.points_from_xy(stops["BSTP_LON"].astype(float), stops["BSTP_LAT"].astype(float))
    stops = geopandas.GeoDataFrame(stops[["REG_ID"]].assign(
        NAME=stops["ON_STR"].str.strip() + " + " + stops["AT_STR"].str.strip()), geometry=points, crs="EPSG:4326")
    stops = stops.to_crs(METRIC)
    write_geojson(stops[stops.within(outline)].sort_values("REG_ID"), "places/bus_stop.geojson")


def faces_outside_clusters(folder, outline):
    """Rivers and federal land: what no neighbourhood cluster claims, cut along the published sea walls."""
    clusters = unary_union(list(published(folder / "context", "neighborhood-clusters").buffer(0)))
    walls = published(folder / "context", "hydrography").query("DESCRIPTION == 'Sea Wall'")
    cuts = unary_union(list(walls.geometry) + [LineString(line) for line in SHORE]).buffer(SEAM)
    rest = outline.difference(clusters)
    return [face.buffer(SEAM).intersection(rest) for face in rest.difference(cuts).geoms if face.area > SEAM ** 2]


def named_faces(faces, points):
    """The faces that hold the points, under the points' names, simplified."""
    rows = []
    for name, x, y in points:
        found = [face for face in faces if face.contains(Point(x, y))]
        if len(found) != 1:
            raise SystemExit("no single area holds the point of " + name + "; see SHORE")
        rows.append((name, found[0].simplify(TOLERANCE)))
    return geopandas.GeoDataFrame(rows, columns=["name", "geometry"], geometry="geometry", crs=METRIC)


def parks(folder, faces):
    """City parks of a size that can be seen on a map of a beat, and the federal ones."""
    city = published(folder / "context", "parks-and-recreation-areas")
    city = city[city.area > 2000].assign(name=city["NAME"].str.strip())
    city = city.assign(geometry=city.buffer(0).simplify(TOLERANCE))[["name", "geometry"]].sort_values("name")
    return pandas.concat([named_faces(faces, FEDERAL_PARKS), city[~city.is_empty]], ignore_index=True)


def roads(folder):
    """Main roads, one feature per name and class; blocks are joined so that a map can write the name along them.

    Two published layers overlap: the better named one counts, the other adds what is farther than 25 m from it.
    """
    snow = published(folder / "context", "snow-emergency-roads")
    snow = snow.assign(name=snow["STREET"].fillna("") + " " + snow["QUAD"].fillna(""),
                       kind=snow["FC"].isin(MAJOR).map({True: "major", False: "minor"}))
    arterial = published(folder / "context", "major-roads")
    words = arterial[["REGISTEREDNAME", "STREETTYPE", "QUADRANT"]].agg(" ".join, axis=1)
    named = words.str.title().str.replace("Macarthur", "MacArthur").str.replace(r"(\d)Th\b", r"\1th", regex=True)
    arterial = arterial.assign(name=named.str[:-2] + arterial["QUADRANT"], kind="major",
                               geometry=arterial.difference(snow.unary_union.buffer(25)))
    streets = pandas.concat([snow, arterial[arterial.length > 25]])
    # BN: the road is the border between two quadrants
    streets = streets.assign(name=streets["name"].str.replace(" BN", "").str.strip())
    rows = [(name, kind, merged_lines(blocks.geometry)) for (name, kind), blocks in streets.groupby(["name", "kind"])]
    return geopandas.GeoDataFrame(rows, columns=["name", "class", "geometry"], geometry="geometry", crs=METRIC)


def railroads(folder):
    """Tracks on the surface."""
    tracks = published(folder / "context", "railroads")
    kind = tracks["DESCRIPTION"].map({"Railroad Centerline": "rail", "Metro Rail Centerline": "metro"})
    rows = [(name, merged_lines(lines.geometry)) for name, lines in tracks.groupby(kind)]
    return geopandas.GeoDataFrame(rows, columns=["class", "geometry"], geometry="geometry", crs=METRIC)


def merged_lines(lines):
    """Pieces that meet become one line; the result is simplified."""
    pieces = [part for line in lines for part in getattr(line, "geoms", [line])]
    joined = linemerge(pieces) if len(pieces) > 1 else pieces[0]
    return joined.simplify(TOLERANCE)


def write_context(layers):
    """Background of printed maps as a GeoPackage, in the CRS of the workspace that it will lie beside."""
    path = str(SAMPLE / "context.gpkg")
    Path(path).unlink(missing_ok=True)
    gdal.SetConfigOption("OGR_CURRENT_DATE", "2016-08-15T00:00:00.000Z")  # the month of the sources, so bytes repeat
    package = ogr.GetDriverByName("GPKG").CreateDataSource(path, options=["VERSION=1.2"])
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(int(MAP.split(":")[1]))
    for name, frame in layers.items():
        frame = frame.to_crs(MAP)
        polygon = frame.geom_type.str.contains("Polygon").all()
        layer = package.CreateLayer(name, reference, ogr.wkbMultiPolygon if polygon else ogr.wkbMultiLineString)
        columns = [column for column in frame.columns if column != "geometry"]
        for column in columns:
            layer.CreateField(ogr.FieldDefn(column, ogr.OFTString))
        for row in frame.itertuples(index=False):
            feature = ogr.Feature(layer.GetLayerDefn())
            for column, value in zip(columns, row):
                if value:
                    feature.SetField(column, value)
            feature.SetGeometry(ogr.CreateGeometryFromWkb(multi(row.geometry).wkb))
            layer.CreateFeature(feature)
    package = None


def multi(geometry):
    """The geometry as a collection of one."""
    if isinstance(geometry, Polygon):
        return MultiPolygon([geometry])
    return MultiLineString([geometry]) if isinstance(geometry, LineString) else geometry


def main(folder):
    folder = folder / "dc"
    incidents(folder)
    alerts(folder)
    outline = beats(folder)
    places(folder, outline)
    faces = faces_outside_clusters(folder, outline)
    layers = {"parks": parks(folder, faces), "water": named_faces(faces, WATER), "roads": roads(folder),
              "railroads": railroads(folder)}
    jurisdiction(folder, outline, layers["water"], layers["parks"])
    write_context(layers)
    water(layers)
    neighbourhoods(folder)
    sensor_coverage()
    holidays()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("CONNECT_DATA", ROOT.parent / "shared" / "data")))
