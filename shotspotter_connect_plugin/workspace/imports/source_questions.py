"""What was said about a file is kept with its import, and serves the next file that has the same columns."""
import hashlib
from dataclasses import dataclass, field
from typing import Dict, Optional

from .column_recognition import given_roles


@dataclass(frozen=True)
class Given:
    """How a file is to be read, where that is not left to guessing.

    ``mapping`` is role -> column, None for a role that shall be left out; ``header`` is the fingerprint of the file's
    columns, by which all this is found again. ``date_order`` is the order of its dates, as given or as the source has
    shown it once.
    """

    header: str = ""
    mapping: Dict[str, Optional[str]] = field(default_factory=dict)
    source_crs: str = ""
    source_timezone: str = ""
    date_order: str = ""


def header_of(columns):
    """Fingerprint of a file's columns: their names in order."""
    return hashlib.sha256("\0".join(columns).encode("utf-8", "surrogatepass")).hexdigest()


def recall(workspace, table, columns, mapping, source_crs, source_timezone, warnings):
    """What is given for a file, completed by what was given at the newest import of a file with the same columns.

    Parameters
    ----------
    workspace : Workspace
    table : str
        The table to be filled.
    columns : list of str
        Of the file.
    mapping : dict or str or None
        Role -> column, or the same as JSON. Nothing stands for what was given before. A mapping, even one of no roles
        (``{}``), says all there is to say: then CRS and zone are not taken from before either; the order of dates is,
        unless the mapping is empty.
    source_crs, source_timezone : str
        Empty for what was given before.
    warnings : list of str
        Gets a sentence if anything was given before and not now.

    Returns
    -------
    Given
    """
    header = header_of(columns)
    now = {"mapping": given_roles(columns, table, mapping), "source_crs": source_crs,
           "source_timezone": source_timezone}
    before = _before(workspace, table, header)
    if mapping not in (None, ""):
        # What the source has shown of its dates does not hang on what its columns mean.
        before = {"date_order": before.get("date_order")} if now["mapping"] else {}
    taken = {name: value for name, value in before.items() if value and not now.get(name)}
    told = {name: value for name, value in taken.items() if name != "date_order"}
    if told:
        warnings.append("Columns are the same as in an earlier import and were read as then: {}. Give MAPPING {{}} to "
                        "have them guessed anew.".format("; ".join(_words(*item) for item in told.items())))
    return Given(header, **{**now, **taken})


def table_before(workspace, columns):
    """The table that the newest import of a file with the same columns filled, "" if there was none."""
    header = header_of(columns)
    imports = workspace.read("imports", ["table_name", "given"], order_by="at_utc").iloc[::-1]
    return next((table for table, given in zip(imports["table_name"], imports["given"])
                 if given and given.get("header") == header), "")


def _before(workspace, table, header):
    """What was given at the newest import of a file with this header."""
    imports = workspace.read("imports", ["given"], {"table_name": table}, order_by="at_utc")
    for given in reversed(imports["given"].tolist()):
        if given and given.get("header") == header:
            return {name: given.get(name) for name in ("mapping", "source_crs", "source_timezone", "date_order")}
    return {}


def _words(name, value):
    if name == "mapping":
        return ", ".join(f"{column} is {role}" if column else f"no {role}"
                         for role, column in value.items())
    return "{} {}".format({"source_crs": "CRS", "source_timezone": "time zone"}[name], value)
