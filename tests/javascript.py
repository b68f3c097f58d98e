"""The literals of JavaScript and where they stand: as much of the language as the page's scripts use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SUBSTITUTED = "\0"
"""Stands in a template's text for each value in it."""

TOKEN = re.compile(
    r"""(?P<space>\s+|//[^\n]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<number>\d[\w.]*)
    |(?P<name>[A-Za-z_$][\w$]*)
    |(?P<regex>/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*)
    |(?P<mark>=>|[!=]==?|\?\?|\?\.|\.\.\.|\*\*|.)""",
    re.VERBOSE | re.DOTALL,
)
KEYWORDS = frozenset(
    {"await", "case", "catch", "const", "else", "export", "for", "from", "if", "import", "in", "let", "new", "of"}
    | {"return", "switch", "throw", "typeof", "void", "while"}
)
ENDS = {"(": ")", "[": "]", "{": "}", "${": "}"}


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    line: int

    @property
    def is_literal(self) -> bool:
        return self.kind in ("string", "template")

    @property
    def is_value(self) -> bool:
        """Whether an operand ends with it: then a slash divides, and a bracket calls or looks up."""
        return self.kind in ("number", "string", "template") or (
            self.text not in KEYWORDS if self.kind == "name" else self.text in (")", "]")
        )


START = Token("start", "", 0)


def tokens(code: str) -> list[Token]:
    """All but spaces and comments; a template's values follow it, each between ``${`` and ``}``."""
    found: list[Token] = []
    _scan(code, 0, found, "")
    return found


def _scan(code: str, at: int, found: list[Token], until: str) -> int:
    """Adds the tokens from a position on, up to an unmatched bracket; returns the position after it."""
    depth = 0
    while at < len(code):
        token = _token(code, at, found[-1] if found else START)
        if token.text == "`":
            at = _template(code, at + 1, found)
            continue
        at += len(token.text)
        depth += (token.text == "{") - (token.text == "}")
        if token.kind != "space":
            found.append(token)
        if until and depth < 0:
            break
    return at


def _token(code: str, at: int, before: Token) -> Token:
    match = TOKEN.match(code, at)
    assert match and match.lastgroup
    kind, text = match.lastgroup, match[0]
    if kind == "regex" and before.is_value:
        kind, text = "mark", "/"
    return Token(kind, text, code.count("\n", 0, at) + 1)


def _template(code: str, at: int, found: list[Token]) -> int:
    line = code.count("\n", 0, at) + 1
    parts: list[str] = []
    inner: list[Token] = []
    while code[at] != "`":
        if code.startswith("${", at):
            parts.append(SUBSTITUTED)
            inner.append(Token("mark", "${", line))
            at = _scan(code, at + 2, inner, "}")
        else:
            step = 2 if code[at] == "\\" else 1
            parts.append(code[at : at + step])
            at += step
    found.append(Token("template", "".join(parts), line))
    found.extend(inner)
    return at + 1


@dataclass
class Frame:
    """An open bracket: the function that it calls, how many commas are behind, and the property that is written."""

    opening: str
    call: str = ""
    is_object: bool = False
    index: int = 0
    key: str = ""
    choices: int = 0


@dataclass(frozen=True)
class Literal:
    """A literal and its place: the argument of a call, or the value of a property."""

    text: str
    line: int
    call: str = ""
    index: int = 0
    property: str = ""
    is_compared: bool = False


def literals(code: str) -> Iterator[Literal]:
    """Each literal but the keys of objects and the names of modules."""
    all_tokens = [START, *tokens(code), START]
    frames = [Frame("")]
    for before, token, following in zip(all_tokens, all_tokens[1:], all_tokens[2:], strict=False):
        _follow(frames, before, token)
        is_key = frames[-1].is_object and not frames[-1].choices and following.text == ":"
        if token.is_literal and not is_key and before.text != "from":
            text = token.text[1:-1] if token.kind == "string" else token.text
            compared = before.text in ("===", "!==", "case") or following.text in ("===", "!==")
            yield Literal(text, token.line, *_place(frames), compared)


def _follow(frames: list[Frame], before: Token, token: Token) -> None:
    top = frames[-1]
    if token.kind != "mark":
        return
    if token.text in ENDS:
        frames.append(_opened(before, token.text))
    elif token.text in ENDS.values():
        frames.pop()
    elif token.text == ",":
        frames[-1] = Frame(top.opening, top.call, top.is_object, top.index + 1)
    elif token.text == "?":
        top.choices += 1
    elif token.text == ":" and top.choices:
        top.choices -= 1
    elif token.text == ":":
        top.key = before.text.strip("\"'")


def _opened(before: Token, text: str) -> Frame:
    if text == "(":
        return Frame(text, before.text if before.kind == "name" and before.is_value else "")
    if text == "[":
        return Frame(text, "[]" if before.is_value else "")
    is_block = before.is_value or before.text in ("=>", "else", "{", "}", ";", "try", "finally", "")
    return Frame(text, is_object=text == "{" and not is_block)


def _place(frames: Sequence[Frame]) -> tuple[str, int, str]:
    """The innermost call or property around a literal; lists, groups and templates only hold its parts together."""
    for frame in reversed(frames):
        if frame.is_object:
            return "", 0, frame.key
        if frame.call:
            return frame.call, frame.index, ""
        if frame.opening == "{":
            break
    return "", 0, ""
