"""Every hook has its heading in docs/hooks.md, and a plugin that uses it."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from hub import hookspecs

ROOT = Path(__file__).parents[2]
HOOKS = sorted(name for name in dir(hookspecs) if name.startswith("hub_"))
USERS = ("plugins", "connectors", "tests/sample_plugin")


def signature_of(hook: str) -> str:
    """A hook's signature on one line, as its source has it."""
    tree = ast.parse(inspect.getsource(getattr(hookspecs, hook)))
    (function,) = (node for node in tree.body if isinstance(node, ast.FunctionDef))
    returns = ast.unparse(function.returns) if function.returns else "None"
    return f"{function.name}({ast.unparse(function.args)}) -> {returns}"


def headings() -> list[str]:
    """The headings of docs/hooks.md that name a hook."""
    text = (ROOT / "docs" / "hooks.md").read_text(encoding="utf-8")
    return re.findall(r"^### `?(hub_.*?)`?$", text, flags=re.MULTILINE)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_heading_equal_to_its_signature(hook: str) -> None:
    """So that a search for either finds the other."""
    assert signature_of(hook) in headings()


def test_the_documentation_has_no_hook_that_is_gone() -> None:
    """Nor one twice."""
    assert sorted(headings()) == sorted(signature_of(hook) for hook in HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_is_used_by_a_plugin_of_ours(hook: str) -> None:
    """A hook that nobody needs is none."""
    used = re.compile(rf"@hookimpl[^\n]*\n\s*def {hook}\(")
    sources = [path for folder in USERS for path in (ROOT / folder).rglob("*.py")]
    assert any(used.search(path.read_text(encoding="utf-8")) for path in sources)


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_says_what_it_is_for(hook: str) -> None:
    """A sentence, and a line for each thing that goes in and for what comes out."""
    text = inspect.getdoc(getattr(hookspecs, hook)) or ""
    wanted = [f":param {name}:" for name in inspect.signature(getattr(hookspecs, hook)).parameters]
    wanted += [":return:"] if not signature_of(hook).endswith("-> None") else []
    assert [part for part in wanted if part not in text] == []
