"""The page's English texts are in one file, and each of them is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import refdata
from refdata.audit import AuditAction
from refdata.core.errors import RefdataError
from refdata.core.model import FileStatus, LoadType
from tests.javascript import SUBSTITUTED, Token, literals, tokens

ASSETS = Path(refdata.__file__).parent / "plugin" / "assets"
TEXTS = ASSETS / "texts.js"
MODULES = [path for path in sorted(ASSETS.glob("*.js")) if path != TEXTS]

SENTENCE = re.compile(rf"(?:[a-z]+|{SUBSTITUTED})[.,:;!?]* (?:[a-z]+|{SUBSTITUTED})", re.IGNORECASE)
CAPITALISED = re.compile(r"^[^a-z]*[A-Z][a-z]{2,}")
WORD = re.compile(r"[a-z]{2,}", re.IGNORECASE)

# What the browser, HTTP and SQL call something is no English text.
NAMES = frozenset({"AbortError", "Escape", "NULL"})
# Where a text that only programs read stands.
UNSEEN_PROPERTIES = frozenset({"class", "data-focus", "name"})
UNSEEN_CALLS = frozenset(
    {"discardButton", "matchMedia", "matches", "querySelector", "querySelectorAll", "redraw", "setRequestHeader"}
)
# What is shown even if it is a single word: the arguments from this one on, and these properties.
SHOWN_CALLS = {"element": 2, "viewLink": 3, "fileLink": 2, "runLink": 1, "card": 0, "cell": 0, "plural": 1}
SHOWN_PROPERTIES = frozenset({"aria-label", "placeholder", "title"})


def english(code: str) -> list[str]:
    """The literals of a script that look like a text for people, each with its line.

    A single word in lower case may be a key as well: it counts only where it is shown.
    """
    found = []
    for one in literals(code):
        if one.is_compared or one.text in NAMES or one.property in UNSEEN_PROPERTIES or one.call in UNSEEN_CALLS:
            continue
        is_shown = one.property in SHOWN_PROPERTIES or one.index >= SHOWN_CALLS.get(one.call, one.index + 1)
        has_words = SENTENCE.search(one.text) and WORD.search(one.text)
        if has_words or CAPITALISED.match(one.text) or (is_shown and WORD.search(one.text)):
            found.append(f"{one.line}: {one.text.replace(SUBSTITUTED, '…')}")
    return found


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        (
            'say(plural(count, "row", "rows"), short ? "a moment" : `${minutes} m ${seconds} s`);',
            ["1: row", "1: rows", "1: a moment"],
        ),
        ('element("p", {}, "gone");', ["1: gone"]),
        ('element("p", { class: "muted small", "data-focus": `more ${name}` }, value);', []),
        ('element("p", { title: many ? "all" : null });', ["1: all"]),
        ("state.textContent = `${n} of them`;", ["1: … of them"]),
        ('const NAMES = { a: "Two words", "b c": 1 };', ["1: Two words"]),
        ('// "A comment"\n/* "and another" */\nconst quote = /"Some text"/;', []),
        ('const half = all / 2; say("Some text"); const more = all / 2;', ["1: Some text"]),
        ('import { common } from "./Some text.js";', []),
        ('if (changes !== "no change") return `${a} ${b ? "then this" : "or"}`;', ["1: then this"]),
        ('element("p", {}, state === "review" && "now", [" or ", link]);', ["1: now", "1:  or "]),
        ('place.querySelector(".rows tr"); redraw(place, `rows ${name}`, [], () => ["Rows"]);', []),
        ('switch (state) { case "Two words": return element("p", {}, `${n}`, " · "); }', []),
    ],
)
def test_a_text_in_a_script_is_noticed(code: str, texts: list[str]) -> None:
    assert english(code) == texts


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_a_script_has_no_texts_of_its_own(path: Path) -> None:
    assert english(path.read_text(encoding="utf-8")) == []


class Page(HTMLParser):
    """The texts of page.html, and the names of those that page.js fills in."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.named: set[str] = set()
        self.tag = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = tag if tag in ("title", "noscript") or self.tag != "noscript" else self.tag
        for name, value in attrs:
            if name in ("data-words", "data-label-words"):
                self.named.add(value or "")
            elif name in SHOWN_PROPERTIES:
                self.texts.append(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self.tag:
            self.tag = ""

    def handle_data(self, data: str) -> None:
        if WORD.search(data) and self.tag not in ("title", "noscript"):
            self.texts.append(data.strip())


@pytest.fixture
def page() -> Page:
    parsed = Page()
    parsed.feed((ASSETS / "page.html").read_text(encoding="utf-8"))
    return parsed


def test_the_page_itself_has_only_what_is_needed_without_scripts(page: Page) -> None:
    assert page.texts == []


def defined() -> dict[str, dict[str, int | None]]:
    """The parts of texts.js: each text's name with the number of values that it takes, none for a fixed one."""
    found: dict[str, dict[str, int | None]] = {}
    depth = 0
    words = tokens(TEXTS.read_text(encoding="utf-8"))
    for at, token in enumerate(words):
        depth += (token.text in ("{", "(", "[", "${")) - (token.text in ("}", ")", "]"))
        if token.text == "const" and depth == 0:
            part = found.setdefault(words[at + 1].text, {})
        elif token.text == ":" and depth == 1 and words[at - 2].text in ("{", ",") and words[at - 1].kind == "name":
            part[words[at - 1].text] = _values(words, at + 1) if _is_function(words, at + 1) else None
    return found


def _is_function(words: list[Token], at: int) -> bool:
    return words[at].text == "(" and words[_end(words, at) + 1].text == "=>"


def _end(words: list[Token], at: int) -> int:
    """Where the bracket that opens at a position is closed."""
    depth = 0
    for place in range(at, len(words)):
        depth += (words[place].text in ("{", "(", "[", "${")) - (words[place].text in ("}", ")", "]"))
        if depth == 0:
            return place
    raise AssertionError(f"line {words[at].line}: a bracket is not closed")


def _values(words: list[Token], at: int) -> int:
    """How many values are between the parentheses that open at a position."""
    end, count, place = _end(words, at), 0, at + 1
    while place < end:
        count += words[place].text == ","
        place = _end(words, place) + 1 if words[place].text in ("{", "(", "[", "${") else place + 1
    return count + (end > at + 1)


def used(path: Path) -> Iterator[tuple[str, str, int | None, int]]:
    """Each use of a text in a script: part, name, the number of given values, line."""
    code = path.read_text(encoding="utf-8")
    imported = re.search(r'^import \{ (.*) \} from "\./texts\.js";$', code, re.MULTILINE)
    names = re.findall(r"(\w+)(?: as (\w+))?", imported[1]) if imported else []
    aliases = {alias or name: name for name, alias in names}
    words = [*tokens(code), Token("end", "", 0), Token("end", "", 0)]
    for at in range(1, len(words) - 3):
        part = aliases.get(words[at].text)
        if part and words[at].kind == "name" and words[at - 1].text != "." and words[at + 1].text == ".":
            given = _values(words, at + 3) if words[at + 3].text == "(" else None
            yield part, words[at + 2].text, given, words[at].line


def test_every_text_that_a_script_uses_is_there_and_gets_its_values() -> None:
    there = defined()
    faults = [
        f"{path.name}:{line}: {part}.{name} with {given}"
        for path in MODULES
        for part, name, given, line in used(path)
        if name not in there[part] or there[part][name] != given
    ]
    assert faults == []


def test_every_text_is_used(page: Page) -> None:
    uses = {(part, name) for path in MODULES for part, name, _, _ in used(path)}
    named = {("page", name) for name in page.named}
    texts = {(part, name) for part, names in defined().items() for name in names}
    assert texts - uses - named == set()
    assert named - texts == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_local_name_hides_the_texts(path: Path) -> None:
    words = tokens(re.sub(r"^import .*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE))
    others = [
        token.line
        for before, token, following in zip([Token("start", "", 0), *words], words, words[1:], strict=False)
        if token == Token("name", "texts", token.line) and before.text != "." and following.text not in (".", "[")
    ]
    assert others == []


def words_for(part: str, name: str) -> set[str]:
    """The keys of one of the maps in texts.js."""
    code = TEXTS.read_text(encoding="utf-8")
    body = code.partition(f"export const {part} = {{\n")[2].partition("\n};\n")[0]
    listed = re.search(rf"^  {name}: \{{(.*?)\}},$", body, re.MULTILINE | re.DOTALL)
    assert listed
    return set(re.findall(r"(\w+): \"", listed[1]))


def categories(kind: type[RefdataError] = RefdataError) -> set[str]:
    return {kind.category}.union(*(categories(one) for one in kind.__subclasses__()))


# Two are roots of the tree, and without its tables refdata has no files to show.
NEVER_SHOWN = {"transient", "permanent", "not_initialised"}


@pytest.mark.parametrize(
    ("part", "name", "expected"),
    [
        ("audit", "actions", set(AuditAction)),
        ("common", "loadTypes", set(LoadType)),
        ("files", "reasons", categories() - NEVER_SHOWN),
    ],
)
def test_what_the_server_names_has_words(part: str, name: str, expected: set[str]) -> None:
    assert words_for(part, name) == expected


@pytest.mark.parametrize(("part", "name"), [("files", "statuses"), ("story", "nothing")])
def test_words_are_for_states_that_there_are(part: str, name: str) -> None:
    assert words_for(part, name) <= set(FileStatus)


IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.]+)";', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:function|const|class) (\w+)|^export \{([^}]*)\}", re.MULTILINE)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_what_a_script_imports_is_there(path: Path) -> None:
    for names, source in IMPORT.findall(path.read_text(encoding="utf-8")):
        exported = " ".join(map(" ".join, EXPORT.findall((ASSETS / source).read_text(encoding="utf-8"))))
        for name in names.split(","):
            wanted = name.split(" as ")[0].strip()
            assert not wanted or re.search(rf"\b{wanted}\b", exported), f"{source} exports no {wanted}"
