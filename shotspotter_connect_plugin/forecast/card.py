"""The model card as a page: every word of it escaped, because a model file may come from a stranger."""
from html import escape

_STYLE = ("body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#222}"
          "table{border-collapse:collapse;margin:.5em 0}td,th{border:1px solid #ccc;padding:.2em .6em;"
          "text-align:left;vertical-align:top}th{background:#f3f3f3;font-weight:600}h1{font-size:1.5em}"
          "h2{font-size:1.2em;margin-top:1.5em}")
_DEEPEST = 8


def card_html(card):
    """Give the model card as one HTML page without scripts or links.

    Parameters
    ----------
    card : dict
        What ``ForecastModel.card`` holds; any nested dicts, lists, texts and numbers are shown.

    Returns
    -------
    str
    """
    sections = "".join(f"<h2>{_words(name)}</h2>{_show(value)}" for name, value in card.items())
    return ("<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Model card</title><style>" + _STYLE
            + "</style></head><body><h1>Model card</h1>" + sections + "</body></html>")


def _words(name):
    text = str(name).replace("_", " ")
    return escape(text[:1].upper() + text[1:])


def _show(value, depth=0):
    if depth > _DEEPEST:
        return "..."
    if isinstance(value, dict) and depth == 0 and value and all(isinstance(item, dict) for item in value.values()):
        return "".join(f"<h3>{_words(name)}</h3>{_show(item, 1)}" for name, item in value.items())
    if isinstance(value, dict):
        rows = "".join(f"<tr><th>{_words(name)}</th><td>{_show(item, depth + 1)}</td></tr>"
                       for name, item in value.items())
        return f"<table>{rows}</table>"
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        names = list(dict.fromkeys(name for item in value for name in item))
        head = "".join(f"<th>{_words(name)}</th>" for name in names)
        rows = "".join("<tr>" + "".join(f"<td>{_show(item.get(name, ''), depth + 1)}</td>" for name in names) + "</tr>"
                       for item in value)
        return f"<table><tr>{head}</tr>{rows}</table>"
    if isinstance(value, list):
        return "<ul>" + "".join(f"<li>{_show(item, depth + 1)}</li>" for item in value) + "</ul>"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return escape(format(value, ".4g") if abs(value) < 1000 else format(value, ",.0f"))
    return "" if value is None else escape(str(value))
