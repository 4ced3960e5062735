"""Pages, tables, charts and maps of any report; ``report_content`` is what a report consists of."""
