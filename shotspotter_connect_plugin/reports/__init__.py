"""What is printed: a report is composed in any thread as plain data, and laid out in the main thread.

Numbers are computed in ``workspace`` or ``patrol``; a table holds values and ``Column.words`` says how they read.
Text from data never acts: labels name a column or quote fixed text, since QGIS evaluates ``[% … %]`` once. A layout
does not keep its project alive: hold the project for as long as the layout is used. A map's layers are memory
layers: tracks never outlive their purge in a copy. Tables of the phone that come back are called as the tables they
fill.
"""
