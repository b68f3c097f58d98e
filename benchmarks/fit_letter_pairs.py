"""Write the model of letter pairs, ``plugins/refdata/csvformat/letterpairs.txt``, from words in many languages.

usage: python -m benchmarks.fit_letter_pairs        (needs the packages babel, django and faker)

The words are the names and units of the Unicode CLDR, which babel carries (Unicode License), the translations of
Django's own texts (BSD), and the names of people, places and companies in Faker (MIT): all are free to use, and of
the kind that tables contain. Only frequencies of letters are kept. A file of the result has one line a language:

    language TAB letters TAB pairs

``letters`` are entries of three characters: a letter, its level, and the level of its pairs that are not listed.
``pairs`` are entries of three characters: two letters and their level. A level is ``chr(35 + n)`` for a log chance of
``-n / 4``. A blank is the edge of a word. Chinese, Japanese and Korean have no pairs.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.encoded_csv import with_tones_apart

RESULT = Path(__file__).parent.parent / "plugins" / "refdata" / "csvformat" / "letterpairs.txt"
_SAME = (
    "en fr de es it ca nl sv da nb fi is et sq pl cs sk hu ro hr sl tr az lt lv vi ga cy gl eu"
    " ru uk bg be sr mk kk el he ar fa th ja ko"
)
LANGUAGES = {
    **{code: (code, code) for code in _SAME.split(" ")},
    "pt": ("pt", "pt_BR"),
    "zh": ("zh_Hans", "zh_Hans"),
    "zh_t": ("zh_Hant", "zh_Hant"),
}
"""Ours: the names of babel's and Django's translations."""

WITHOUT_PAIRS = frozenset({"ja", "ko", "zh", "zh_t"})
MOST_CHARACTERS = 700

_FAKERS = (
    "az_AZ bg_BG cs_CZ da_DK de_DE el_GR en_GB es_ES et_EE fa_IR fi_FI fr_FR he_IL hr_HR hu_HU it_IT ja_JP ko_KR"
    " lt_LT lv_LV mk_MK nl_NL pl_PL pt_PT ro_RO ru_RU sk_SK sl_SI sv_SE th_TH tr_TR uk_UA vi_VN zh_CN ar_AA"
)
PLACES = {
    **{name[:2]: name for name in _FAKERS.split(" ")},
    "ca": "es_CA",
    "nb": "no_NO",
    "zh_t": "zh_TW",
}
"""Faker's names of the languages."""

NAMES = 1500
"""Names of each kind that Faker is asked for."""

FEWEST = 2
"""Occurrences from which a pair is listed."""

CEDILLAS = str.maketrans("șț", "şţ")
SMOOTH = 4
"""How many pairs that were not seen are allowed for, as a multiple of those that were."""

_PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{[^}]*\}|<[^>]*>|&\w+;")


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif hasattr(value, "items"):
        for _, one in sorted(value.items(), key=lambda item: str(item[0])):
            yield from strings(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from strings(one)


def names(code: str) -> Iterator[str]:
    """The names of territories, languages, currencies, months, units and similar things."""
    from babel import Locale  # type: ignore[import-not-found,unused-ignore]

    locale = Locale.parse(code)
    for part in ("territories", "languages", "scripts", "variants", "currencies", "months", "days", "time_zones",
                 "meta_zones"):  # fmt: skip
        yield from strings(getattr(locale, part))
    for part in ("unit_patterns", "unit_display_names", "date_fields"):
        yield from strings(locale._data.get(part, {}))  # noqa: SLF001 - babel has no public way to all of them


def messages(code: str) -> Iterator[str]:
    """Django's own texts."""
    import django  # type: ignore[import-not-found,unused-ignore]
    from babel.messages.mofile import read_mo  # type: ignore[import-not-found,unused-ignore]

    english = code == "en"
    for path in sorted(Path(django.__file__).parent.rglob(f"locale/{'de' if english else code}/LC_MESSAGES/*.mo")):
        with path.open("rb") as file:
            for message in read_mo(file):
                yield from strings(message.id if english else message.string) if message.id else ()


def places(language: str) -> Iterator[str]:
    """Names of people, towns, streets and companies, always the same ones."""
    from faker import Faker  # type: ignore[import-not-found,unused-ignore]

    if language in PLACES:
        Faker.seed(1)
        fake = Faker(PLACES[language])
        for kind in ("name", "city", "street_name", "company"):
            if hasattr(fake, kind):
                yield from {str(getattr(fake, kind)()) for _ in range(NAMES)}


def is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LM"


def words(language: str) -> Counter[str]:
    """The words of a language in small letters, and how often each occurs."""
    found: Counter[str] = Counter()
    cldr, django_code = LANGUAGES[language]
    for text in (*names(cldr), *messages(django_code), *places(language)):
        plain = unicodedata.normalize("NFC", _PLACEHOLDER.sub(" ", text))
        plain = with_tones_apart(plain) if language == "vi" else plain
        found.update("".join(one if is_letter(one) else " " for one in plain.lower()).split())
    if language == "ro":  # the older code pages have its letters only with a cedilla
        found.update({word.translate(CEDILLAS): count for word, count in found.items()})
    return found


def level(log_chance: float) -> str:
    return chr(35 + min(90, round(-4 * log_chance)))


def characters(language: str) -> str:
    """The model of a language with thousands of characters."""
    counts: defaultdict[str, float] = defaultdict(float)
    for word, count in words(language).items():
        for one in filter(lambda one: one > "\u02ff", word):
            counts[one] += 1 + math.log(count)
    total = sum(counts.values())
    most = sorted(counts, key=lambda one: (-counts[one], one))[:MOST_CHARACTERS]
    return f"{language}\t{''.join(one + level(math.log(counts[one] / total)) + level(0) for one in most)}\t\n"


def line(language: str) -> str:
    """The model of one language; a word that occurs often counts by the logarithm of its number."""
    if language in WITHOUT_PAIRS:
        return characters(language)
    pairs: defaultdict[str, float] = defaultdict(float)
    for word, count in words(language).items():
        for first, second in zip(f" {word}", f"{word} ", strict=True):
            pairs[first + second] += 1 + math.log(count)
    before: defaultdict[str, float] = defaultdict(float)
    after: defaultdict[str, float] = defaultdict(float)
    followers: Counter[str] = Counter()
    for pair, weight in pairs.items():
        before[pair[0]] += weight
        after[pair[1]] += weight
        followers[pair[0]] += 1
    total = sum(after.values())
    chances = {one: after[one] / total for one in after if after[one] >= FEWEST}
    spare = {one: SMOOTH * followers[one] / (before[one] + SMOOTH * followers[one]) for one in before}
    letters = "".join(
        one + level(math.log(chance)) + level(math.log(spare.get(one, 0.5))) for one, chance in sorted(chances.items())
    )
    listed = "".join(
        pair + level(math.log((1 - spare[pair[0]]) * weight / before[pair[0]] + spare[pair[0]] * chances[pair[1]]))
        for pair, weight in sorted(pairs.items())
        if weight >= FEWEST and pair[0] in chances and pair[1] in chances
    )
    return f"{language}\t{letters}\t{listed}\n"


def main() -> None:
    RESULT.write_text("".join(line(language) for language in LANGUAGES), "utf-8")
    print(f"{RESULT}: {RESULT.stat().st_size} bytes, {len(LANGUAGES)} languages")


if __name__ == "__main__":
    main()
