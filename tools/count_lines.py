"""Counts the package's lines of code at commits of its history, types aside, so that "no more than before" can be seen.

usage: /usr/bin/python3 tools/count_lines.py [COMMIT ...]    (without one: the files as they are)

Counted are the lines of each module as Python writes it again from its syntax tree, so that neither layout nor comments
matter, without docstrings, imports and annotations, and without what only declares rows (frames of columns, Protocols).
"""
from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

PACKAGE = "shotspotter_connect_plugin"
_ONLY_TYPES = ("store/rows.py", "_frames.py", "/frames.py", "/arrays.py")


class _Bare(ast.NodeTransformer):
    """A module without what types and words add."""

    def visit_Import(self, _: ast.AST) -> None:  # noqa: N802
        return None

    visit_ImportFrom = visit_Import

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:  # noqa: N802
        return None if isinstance(node.value, ast.Constant) else node

    def visit_If(self, node: ast.If) -> ast.AST | None:  # noqa: N802
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:  # noqa: N802
        return None if node.value is None else ast.Assign([node.target], node.value, lineno=0)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST | None:  # noqa: N802
        if any("Protocol" in ast.unparse(base) or "TypedDict" in ast.unparse(base) for base in node.bases):
            return None
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:  # noqa: N802
        if any("overload" in ast.unparse(decorator) for decorator in node.decorator_list):
            return None
        return self.generic_visit(node)


def lines_of(source: str) -> int:
    """How many lines of code a module has, types aside."""
    bare = ast.fix_missing_locations(_Bare().visit(ast.parse(source)))
    return sum(bool(line.strip()) for line in ast.unparse(bare).splitlines())


def sources(commit: str | None) -> dict[str, str]:
    """Path -> text of every module of the package, at a commit or as it stands."""
    if commit is None:
        return {str(path): path.read_text() for path in sorted(Path(PACKAGE).rglob("*.py"))}
    names = subprocess.run(["git", "ls-tree", "-r", "--name-only", commit, PACKAGE], capture_output=True, text=True,
                           check=True).stdout.split()
    return {name: subprocess.run(["git", "show", f"{commit}:{name}"], capture_output=True, text=True, check=True).stdout
            for name in names if name.endswith(".py")}


def main() -> None:
    """Print the sum, and by wing."""
    for commit in sys.argv[1:] or [None]:
        counts: dict[str, int] = {}
        for path, text in sources(commit).items():
            if not path.endswith(_ONLY_TYPES):
                wing = "/".join(path.split("/")[1:-1]) or "top"
                counts[wing] = counts.get(wing, 0) + lines_of(text)
        print(f"{commit or 'now'}: {sum(counts.values())}  " + ", ".join(f"{w} {n}" for w, n in sorted(counts.items())))


if __name__ == "__main__":
    main()
