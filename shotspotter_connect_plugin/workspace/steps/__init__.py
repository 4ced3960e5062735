"""The steps: each reads tables, calls ``forecast`` or ``patrol``, and writes tables in one transaction."""
