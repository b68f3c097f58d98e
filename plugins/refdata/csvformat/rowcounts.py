"""Lines of a file that state how many rows its table has, in the words of many languages."""

from __future__ import annotations

import re

_ROWS = (
    r"rows?|records?|lines?|entries|items|zeilen|(?:daten)?s(?:ä|ae)tze|lignes|enregistrements|filas|registros|righe|"
    r"linhas|wierszy|řádků|rader|rækker|rijen|строк\w*|записей|件|行"
)
_LABELS = (
    rf"(?:total )?(?:number of )?(?:{_ROWS})|(?:total )?(?:row|record|line) ?count|count|total|anzahl(?: der)? \w+|"
    r"nombre de \w+|número de \w+|trailer|trlr|footer|eof"
)
NUMBER = r"(?P<number>\d{1,3}(?:[,. ']\d{3}){1,5}|\d{1,18})"
"""At most 18 digits: no file has more rows, and Python refuses to read thousands of digits."""
COUNT = re.compile(
    rf"(?i)\W*(?:(?:{_LABELS})\b\W{{0,4}})?{NUMBER}\W{{0,3}}(?:{_ROWS})\b(?: (?:affected|selected|exported|total))?\W*"
)
"""A line with a number and the word for rows."""
LABELLED = re.compile(rf"(?i)\W*(?:{_LABELS})(?<!total)\W{{0,4}}{NUMBER}\W*")
"""A line with a label such as "total" and a number."""


def is_row_count(text: str) -> bool:
    """Whether a line states how many rows there are: ``(10 rows affected)``."""
    return COUNT.fullmatch(text.strip()) is not None
