"""Boxes written in bulk make a GeoPackage as good as GDAL's own."""
import sqlite3

import numpy as np
import pandas as pd
import pytest
from osgeo import ogr
from shapely import wkb
from shapely.geometry import box

from shotspotter_connect_plugin.errors import Cancelled, ConnectError
from shotspotter_connect_plugin.progress import Progress
from shotspotter_connect_plugin.workspace.exports.box_file import rectangle_blobs, write_boxes

pytestmark = pytest.mark.usefixtures("windows_files")


def boxes(across, along):
    """(frame, rectangles) of a block of boxes that also lies left of and below the origin."""
    col, row = (grid.ravel() - 3 for grid in np.meshgrid(np.arange(across), np.arange(along)))
    frame = pd.DataFrame({"box_id": ["C{}R{}".format(*place) for place in zip(col, row)], "col": col,
                          "inside": np.linspace(0.0, 1.0, len(col)), "beat": None, "flag": col > 0})
    return frame, np.stack([col * 250.0, row * 250.0, col * 250.0 + 250, row * 250.0 + 250], axis=1)


@pytest.mark.parametrize("across, along", [(1, 1), (7, 5), (60, 40), (173, 97)])
def test_every_box_is_there_with_its_attributes_and_in_the_index(tmp_path, across, along):
    frame, rectangles = boxes(across, along)
    path = tmp_path / "boxes.gpkg"
    write_boxes(str(path), frame, rectangles, "EPSG:32618")
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT rtreecheck('rtree_boxes_geom')").fetchone() == ("ok",)
        assert connection.execute("SELECT feature_count FROM gpkg_ogr_contents").fetchone() == (len(frame),)
    connection.close()
    source = ogr.Open(str(path), 1)
    layer = source.GetLayer("boxes")
    assert layer.GetFeatureCount() == len(frame)
    assert layer.GetSpatialRef().GetAuthorityCode(None) == "32618"
    assert layer.GetExtent() == (-750.0, -750.0 + 250 * across, -750.0, -750.0 + 250 * along)
    for feature, row, rectangle in zip(layer, frame.itertuples(), rectangles):
        assert (feature["box_id"], feature["col"], feature["inside"]) == (row.box_id, row.col, row.inside)
        assert feature["beat"] is None and bool(feature["flag"]) == row.flag
        assert wkb.loads(bytes(feature.GetGeometryRef().ExportToWkb())).equals(box(*rectangle))
    layer.SetSpatialFilterRect(-740, -740, -510, -510)
    assert [feature["box_id"] for feature in layer] == ["C-3R-3"]
    # GDAL's triggers still keep the index when somebody edits the file.
    layer.SetSpatialFilter(None)
    feature = layer.GetNextFeature()
    feature.SetGeometry(ogr.CreateGeometryFromWkb(box(9e6, 9e6, 9e6 + 1, 9e6 + 1).wkb))
    layer.SetFeature(feature)
    layer.SetSpatialFilterRect(9e6 - 1, 9e6 - 1, 9e6 + 2, 9e6 + 2)
    assert layer.GetFeatureCount() == 1


def test_it_replaces_a_file_only_when_the_new_one_is_whole(tmp_path):
    class Stop(Progress):
        def is_cancelled(self):
            return True

    path = tmp_path / "boxes.gpkg"
    write_boxes(str(path), *boxes(3, 3), "EPSG:32618")
    before = path.read_bytes()
    with pytest.raises(Cancelled):
        write_boxes(str(path), *boxes(5, 5), "EPSG:32618", Stop())
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]
    write_boxes(str(path), *boxes(5, 5), "EPSG:32618")
    assert ogr.Open(str(path)).GetLayer(0).GetFeatureCount() == 25


def test_one_sentence_where_nothing_can_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConnectError, match="cannot be written"):
        write_boxes(str(tmp_path / "file" / "boxes.gpkg"), *boxes(2, 2), "EPSG:32618")


def test_blobs_are_what_the_standard_says():
    blob, = rectangle_blobs(np.array([[0.0, 0.0, 250.0, 250.0]]), 32618)
    assert blob[:4] == b"GP\x00\x03" and int.from_bytes(blob[4:8], "little") == 32618
    assert np.frombuffer(blob[8:40]).tolist() == [0.0, 250.0, 0.0, 250.0]
    assert wkb.loads(blob[40:]).equals(box(0, 0, 250, 250))
