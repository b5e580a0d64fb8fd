"""Injection, `parameterized_queries`: no statement is ever built from a value."""

import ast
from collections.abc import Iterator
from pathlib import Path

import notifications.adapters.postgres as adapter

FOLDER = Path(adapter.__file__).parent
RUNNERS = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "read"}
WORDS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "FROM ", "TABLE ", "WHERE ")
# PostgreSQL takes no arguments in these statements; names of months are made or matched by a pattern there
NAMES_OF_MONTHS = {
    "partitions.py": {"month.name", "month.begins.isoformat()", "month.ends.isoformat()"},
    "retention.py": {"month.name", "name", "partition", "MARK"},
}


def modules() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(FOLDER.glob("*.py")):
        yield path.name, ast.parse(path.read_text())


def functions(module: ast.Module) -> Iterator[ast.AST]:
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def is_sql(node: ast.AST) -> bool:
    return any(word in ast.unparse(node) for word in WORDS)


def put_in(node: ast.AST) -> set[str]:
    """What an expression puts into a text that looks like SQL, or into one that has a name."""
    match node:
        case ast.JoinedStr() if is_sql(node):
            return {ast.unparse(part.value) for part in node.values if isinstance(part, ast.FormattedValue)}
        case ast.BinOp(op=ast.Mod() | ast.Add()) if is_sql(node):
            return {ast.unparse(node)}
        case ast.Call(func=ast.Attribute(value=ast.Name(id=text), attr="format")) if text.isupper():
            return {ast.unparse(argument.value) for argument in node.keywords} | {*map(ast.unparse, node.args)}
    return set()


def test_nothing_is_put_into_statements_but_the_names_of_months() -> None:
    found = 0
    for name, module in modules():
        texts = {text for function in functions(module) for node in ast.walk(function) for text in put_in(node)}
        assert texts <= NAMES_OF_MONTHS.get(name, set()), name
        found += len(texts)
    assert found > 4


def test_statements_are_put_together_from_constants_only() -> None:
    checked = 0
    for name, module in modules():
        for statement in module.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                for text in {text for node in ast.walk(statement) for text in put_in(node)}:
                    assert text.isupper() or text == "column", f"{name}: {text}"
                    checked += 1
    assert checked > 20


def test_what_is_run_is_a_named_statement() -> None:
    checked = 0
    for name, module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in RUNNERS:
                statement = node.args[0]
                assert not isinstance(statement, ast.Call | ast.BinOp), f"{name}: {ast.unparse(node)}"
                if isinstance(statement, ast.JoinedStr):
                    assert name in NAMES_OF_MONTHS, f"{name}: {ast.unparse(node)}"
                checked += 1
    assert checked > 60
