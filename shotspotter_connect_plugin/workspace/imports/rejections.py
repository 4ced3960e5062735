"""Why rows of an import were rejected, in few words: how many for which reason, and where the first of them are."""
import pandas as pd

_LINES = 5


def rejected_in(path):
    """Reasons of a rejects file.

    Parameters
    ----------
    path : str or pathlib.Path
        As an importer wrote it.

    Returns
    -------
    pandas.DataFrame
        reason, column, rows, lines (text: the numbers of the first lines, with their file where there are several),
        the commonest first.
    """
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    several = "file" in rows and rows["file"].nunique() > 1
    rows["where"] = rows["file"] + ":" + rows["line"] if several else rows["line"]
    groups = rows.groupby(["reason", "column"], sort=False)["where"]
    found = groups.agg(rows="size", lines=lambda where: ", ".join(where.head(_LINES)) + (
        " …" if len(where) > _LINES else "")).reset_index()
    return found.sort_values("rows", ascending=False, kind="stable", ignore_index=True)


def rejected_of(workspace, table):
    """The same of the newest import of a layer into a table, of which there is no rejects file: column and lines are
    empty."""
    reasons = workspace.read("imports", ["reasons"], {"table_name": table}, order_by="at_utc")["reasons"].iloc[-1] or {}
    rows = [{"reason": reason, "column": "", "rows": count, "lines": ""} for reason, count in reasons.items()]
    return pd.DataFrame(rows, columns=["reason", "column", "rows", "lines"])
