"""Mutation testing of the decision: every small fault that somebody could make in it, and whether a test finds it.

    python3 manage.py test tests/access/test_mutants.py -s

Each mutant is the module with one thing changed: a comparison, a condition, a number, a word, what is returned, what
stands in a set. The tests of the decision run against it in this process, without a database. A mutant that none of
them notices survives. The libraries for this pass over properties, decorated classes and constants, and there the
decision stands (docs/decisions/0042-proofs-of-access.md).
"""

import ast
import copy
import importlib
import inspect
import itertools
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import HealthCheck, Phase, settings

DECIDE, ROLES = "portal.access.decide", "portal.access.roles"
TESTS = "tests.access.test_decide"
IN_ROLES = {"stages_for", "may_open_file", "works_with_files", "rules"}  # the table is compared as a whole elsewhere
SWAPS: dict[type, tuple[type, ...]] = {
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.Lt), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.Gt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,), ast.RShift: (ast.LShift,), ast.LShift: (ast.RShift,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,),
}  # fmt: skip
PARTS = {ast.BoolOp: "values", ast.Tuple: "elts", ast.Set: "elts", ast.comprehension: "ifs"}
Change = Callable[[Any], ast.AST]


@dataclass
class Mutant:
    """One fault: in which module and line, in words, and the module with it."""

    module: str
    line: int
    what: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {self.what}"


def faults(node: Any) -> Iterator[tuple[str, Change]]:
    """Yield what can be wrong at a node: in words, and a function that makes it so on a copy."""
    operator = node.ops[0] if isinstance(node, ast.Compare) else getattr(node, "op", None)
    for new in SWAPS.get(type(operator), ()):
        yield f"{type(operator).__name__} becomes {new.__name__}", lambda one, new=new: swapped(one, new())
    part = PARTS.get(type(node), "")
    for number, one in enumerate(getattr(node, part, ())):
        if len(getattr(node, part)) > 1 or part == "ifs":
            yield f"without {ast.unparse(one)}", lambda one, part=part, number=number: without(one, part, number)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "without not", lambda one: one.operand
    if isinstance(node, ast.If | ast.IfExp):
        yield "if the other way round", negated
    if isinstance(node, ast.Constant):
        for value in others(node.value):
            yield f"{node.value!r} becomes {value!r}", lambda _one, value=value: ast.Constant(value)


def swapped(node: Any, new: Any) -> ast.AST:
    if isinstance(node, ast.Compare):
        node.ops[0] = new
    else:
        node.op = new
    return node


def without(node: Any, part: str, number: int) -> ast.AST:
    del getattr(node, part)[number]
    return node.values[0] if isinstance(node, ast.BoolOp) and len(node.values) == 1 else node


def negated(node: Any) -> ast.AST:
    node.test = ast.UnaryOp(ast.Not(), node.test)
    return node


def others(value: Any) -> tuple[Any, ...]:
    """Return what else a constant could be."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, int):
        return (value + 1, value - 1)
    if isinstance(value, str):
        return (value + "x",) if value else ("x",)
    return (0,) if value is None else ()


def mutants(module: str) -> Iterator[Mutant]:
    """Yield every mutant of a module: of roles only its functions."""
    source = Path(inspect.getfile(importlib.import_module(module))).read_text()
    tree = ast.parse(source)
    words = unspoken(tree)
    for number, node in enumerate(ast.walk(tree)):
        if id(node) in words:
            continue
        for what, change in faults(node):
            mutated = copy.deepcopy(tree)
            replace(mutated, next(itertools.islice(ast.walk(mutated), number, None)), change)
            yield Mutant(module, getattr(node, "lineno", 0), what, ast.fix_missing_locations(mutated))


def unspoken(tree: ast.Module) -> set[int]:
    """Return the nodes in which nothing is decided: docstrings, annotations, decorators; of the roles all but functions."""
    found: set[int] = set()
    for node in ast.walk(tree):
        aside = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            aside.append(node)
        aside += getattr(node, "decorator_list", [])
        for one in filter(None, aside):
            found |= {id(part) for part in ast.walk(one)}
    for statement in tree.body if any(getattr(one, "name", "") == "stages_for" for one in tree.body) else ():
        if getattr(statement, "name", "") not in IN_ROLES:
            found |= {id(part) for part in ast.walk(statement)}
    return found


def replace(tree: ast.Module, old: ast.AST, change: Change) -> None:
    """Put the changed node in the place of the old one."""
    for parent in ast.walk(tree):
        for name, value in ast.iter_fields(parent):
            if value is old:
                setattr(parent, name, change(old))
                return
            if isinstance(value, list) and any(one is old for one in value):
                value[[one is old for one in value].index(True)] = change(old)
                return


def is_killed(mutant: Mutant | None) -> bool:
    """Return whether a test of the decision fails against the mutant; None is the decision as it is."""
    made = {name: sys.modules[name] for name in (ROLES, DECIDE)}
    try:
        for name in (ROLES, DECIDE) if mutant else ():  # what stands above takes the mutated one below
            made[name] = fresh(name, mutant.tree if name == mutant.module else None, made)
        tests = [one for one in vars(fresh(TESTS, None, made)).values() if inspect.isfunction(one)]
        for test in sorted(tests, key=lambda one: hasattr(one, "hypothesis")):  # the quick ones first
            for values in calls(test):
                test(**values)
    except Exception:
        return True
    return False


def fresh(name: str, tree: ast.Module | None, made: dict[str, types.ModuleType]) -> types.ModuleType:
    """Run a module's text, or a mutant's, beside the one that is imported."""
    known = importlib.import_module(name)
    text = tree or ast.parse(Path(inspect.getfile(known)).read_text())
    module = types.ModuleType(name)
    module.__file__ = known.__file__
    with mock.patch.dict(sys.modules, made | {name: module}):
        exec(compile(text, name, "exec"), vars(module))
    return module


def calls(test: Any) -> Iterator[dict[str, Any]]:
    """Yield the arguments with which a test runs: those of its parameters. Tests that need more are none of these."""
    if not inspect.isfunction(test) or not test.__name__.startswith("test_"):
        return
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    rows = []
    for mark in marks:
        names = [mark.args[0]] if isinstance(mark.args[0], str) else list(mark.args[0])
        rows.append([dict(zip(names, row if len(names) > 1 else [row], strict=True)) for row in mark.args[1]])
    for row in itertools.product(*rows):
        values = {name: value for part in row for name, value in part.items()}
        if set(inspect.signature(test).parameters) == set(values):
            yield values


def survivors(found: list[Mutant]) -> list[Mutant]:
    """Return the mutants that no test notices, after the decision as it is has passed them all."""
    before = settings.get_current_profile_name()
    settings.register_profile(
        "mutants", max_examples=10, phases=[Phase.generate], database=None, deadline=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    settings.load_profile("mutants")
    try:
        assert not is_killed(None)
        return [mutant for mutant in found if not is_killed(mutant)]
    finally:
        settings.load_profile(before)
