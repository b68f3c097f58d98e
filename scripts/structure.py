"""Shows the size of the package's structure: public types by package, and how deep the imports go.

python -m scripts.structure [ROOT]       ROOT is another checkout to measure, such as an earlier commit's worktree
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import grimp

_ALIAS = re.compile(r"(?!.*[A-Z]{2})[A-Z]\w+")
"""Names of type aliases; constants are in capitals throughout."""


def main() -> int:
    """Prints both tables."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve() / "plugins"
    packages = types_by_package(root / "refdata")
    print("Public types by package: classes and type aliases that a module defines for others")
    for name, counts in sorted(packages.items(), key=lambda one: (-sum(one[1]), one[0])):
        print(f"  {name:<16} {sum(counts):>4} types {len(counts):>5} modules")
    print(f"  {'all':<16} {sum(map(sum, packages.values())):>4} types {sum(map(len, packages.values())):>5} modules")

    sys.path.insert(0, str(root))
    graph = grimp.build_graph("refdata", exclude_type_checking_imports=True, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    depths = import_depths(imports)
    print(f"\nImports: the longest chain has {max(depths.values())} modules; mean of all: {mean(depths):.2f}")
    print("  " + "\n  ".join(longest_chain(imports, depths)))
    return 0


def types_by_package(package: Path) -> Mapping[str, list[int]]:
    """For each package the number of public types of each of its modules; modules beside the packages count as one."""
    packages: defaultdict[str, list[int]] = defaultdict(list)
    for path in package.rglob("*.py"):
        parts = path.relative_to(package).parts
        public = [name for name in types_in(path.read_text(encoding="utf-8")) if not name.startswith("_")]
        packages[parts[0] if len(parts) > 1 else "(modules)"].append(len(public))
    return packages


def types_in(source: str) -> Iterator[str]:
    """The classes and type aliases at the top of a module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (name.id for name in targets if isinstance(name, ast.Name) and _ALIAS.fullmatch(name.id))


def import_depths(imports: Mapping[str, set[str]]) -> dict[str, int]:
    """For each module the length of its longest chain of imports, itself included. Imports have no circles.

    >>> import_depths({"app": {"rules"}, "rules": set()})
    {'app': 2, 'rules': 1}
    """
    depths: dict[str, int] = {}

    def depth(module: str) -> int:
        if module not in depths:
            depths[module] = 1 + max(map(depth, imports[module]), default=0)
        return depths[module]

    return {module: depth(module) for module in imports}


def mean(depths: Mapping[str, int]) -> float:
    """The mean depth of all modules."""
    return sum(depths.values()) / len(depths)


def longest_chain(imports: Mapping[str, set[str]], depths: Mapping[str, int]) -> list[str]:
    """One of the longest chains, from the top."""
    chain = [max(sorted(depths), key=lambda module: depths[module])]
    while imports[chain[-1]]:
        chain.append(max(sorted(imports[chain[-1]]), key=lambda module: depths[module]))
    return chain


if __name__ == "__main__":
    sys.exit(main())
