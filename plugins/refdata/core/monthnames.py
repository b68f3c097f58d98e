"""Names of months by language, in full and as usually shortened.

From the Unicode Common Locale Data Repository (gregorian calendar, wide and abbreviated, format and stand-alone).
Names are compared in lower case and without a closing dot.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

_NAMES: Mapping[str, str] = {
    "en": "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|september sep sept|october oct"
    "|november nov|december dec",
    "de": "januar jan jänner jän|februar feb|märz mär mrz|april apr|mai|juni jun|juli jul|august aug|september sep sept"
    "|oktober okt|november nov|dezember dez",
    "fr": "janvier janv|février févr fév|mars|avril avr|mai|juin|juillet juil|août|septembre sept|octobre oct"
    "|novembre nov|décembre déc",
    "es": "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul|agosto ago"
    "|septiembre sept sep setiembre|octubre oct|noviembre nov|diciembre dic",
    "pt": "janeiro jan|fevereiro fev|março mar|abril abr|maio mai|junho jun|julho jul|agosto ago|setembro set"
    "|outubro out|novembro nov|dezembro dez",
    "it": "gennaio gen|febbraio feb|marzo mar|aprile apr|maggio mag|giugno giu|luglio lug|agosto ago|settembre set"
    "|ottobre ott|novembre nov|dicembre dic",
    "nl": "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug|september sep"
    "|oktober okt|november nov|december dec",
    "sv": "januari jan|februari feb|mars mar|april apr|maj|juni jun|juli jul|augusti aug|september sep sept"
    "|oktober okt|november nov|december dec",
    "da": "januar jan|februar feb|marts mar|april apr|maj|juni jun|juli jul|august aug|september sep sept"
    "|oktober okt|november nov|december dec",
    "nb": "januar jan|februar feb|mars mar|april apr|mai|juni jun|juli jul|august aug|september sep sept"
    "|oktober okt|november nov|desember des",
    "pl": "stycznia sty styczeń|lutego lut luty|marca mar marzec|kwietnia kwi kwiecień|maja maj|czerwca cze czerwiec"
    "|lipca lip lipiec|sierpnia sie sierpień|września wrz wrzesień|października paź październik"
    "|listopada lis listopad|grudnia gru grudzień",
    "cs": "ledna led leden|února úno únor|března bře březen|dubna dub duben|května kvě květen|června čvn červen"
    "|července čvc červenec|srpna srp srpen|září zář|října říj říjen|listopadu lis listopad|prosince pro prosinec",
}

MONTH_LANGUAGES = tuple(_NAMES)
"""The languages whose month names are known."""


ANY_LANGUAGE = "*"
"""Stands for the names of all languages, without those that mean different months."""


@cache
def month_numbers(language: str) -> Mapping[str, int]:
    """The number (1 to 12) of each name in a language, or in any.

    >>> month_numbers("fr")["févr"], month_numbers(ANY_LANGUAGE)["févr"]
    (2, 2)
    >>> "lis" in month_numbers(ANY_LANGUAGE), month_numbers("pl")["lis"]
    (True, 11)
    """
    if language == ANY_LANGUAGE:
        pairs = {(name, number) for one in _NAMES for name, number in month_numbers(one).items()}
        names = Counter(name for name, _ in pairs)
        return {name: number for name, number in sorted(pairs) if names[name] == 1}
    months = enumerate(_NAMES[language].split("|"), start=1)
    return {name: number for number, names in months for name in names.split()}
