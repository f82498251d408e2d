"""Settings as text: the annotated hub.ini with every default, and what is in force with secrets masked."""

from __future__ import annotations

import textwrap
from enum import Enum
from inspect import cleandoc
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from pydantic import SecretStr
from pydantic_core import PydanticUndefined, to_jsonable_python

from hub.config.gather import IMPLICIT
from hub.config.schema import Section, keys_of, unquote
from hub.config.sections import CORE_SECTIONS, RouteSection
from hub.config.sentences import bounds
from hub.config.words import MASK, without_password

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic.fields import FieldInfo

    from hub.config.settings import Settings

NOTHING: Mapping[str, Any] = MappingProxyType({})

_WIDTH = 118

_HEADER = """\
# Settings of the hub. Every key stands here at its default: to change one, take the ; away and write a value.
#
# The environment has the last word: HUB_<SECTION>_<KEY>, as in HUB_WEB_PORT or HUB_CONNECTOR_MAIN_PASSWORD. With _FILE
# at its end a variable names a file that holds the value: HUB_CONNECTOR_MAIN_PASSWORD_FILE=/run/secrets/main.
#
# A comment is a line that begins with # or ; - behind a value it would be part of it. Lists are separated by commas.
# Double quotes around a value keep the spaces inside them. `hub check` names every mistake and its line.
"""

_COUNTRIES = """\
# A section [compliance.XX] changes rules of one country. Its keys: enabled, days (1 is Monday), start, end,
# closed_on_holidays, subdiv, add_holidays, remove_holidays. To stop earlier in France, for instance:
#
#   [compliance.FR]
#   end = 19:00
"""

_CARRIERS = """\
# A [connector.NAME] is a way to reach a carrier, a [route.NAME] says which messages take it; a NAME is made of small
# letters, digits and _. For instance two carriers, the first for alerts to France and Belgium, at 20 segments a second:
#
#   [connector.fast]
#   type = sandbox
#
#   [connector.plain]
#   type = console
#
#   [route.alerts]
#   connector = fast
#   countries = FR, BE
#   purposes = alert
#   rate = 20
#   priority = 1
#
#   [route.rest]
#   connector = plain
#
# While neither is named, this holds, and a simulated carrier takes every text:
"""


def render_example(models: Mapping[str, type[Section]], connector_types: Mapping[str, type[Section]] = NOTHING) -> str:
    """The hub.ini that changes nothing: every key of every section at its default, below its sentence.

    With every `;` taken away it still says the same. `models` are the sections of the core and of plugins, in
    the order they shall stand in; `connector_types` adds the keys of each type of connector.
    """
    blocks = [_HEADER]
    for name, model in models.items():
        blocks.append(_explained(f"[{name}]", model))
        if name == "compliance":
            blocks.append(_COUNTRIES)
    blocks.append(_CARRIERS)
    blocks.append(_connector("sandbox", connector_types.get("sandbox", Section)))
    blocks.append(_explained(";[route.default]", RouteSection, dict([IMPLICIT["route.default"]])))
    blocks += [_connector(kind, model) for kind, model in connector_types.items() if kind != "sandbox"]
    return "\n".join(blocks)


def render_effective(settings: Settings) -> str:
    """What is in force, written like a hub.ini; above each value that someone wrote, where it comes from.

    Secrets are shown as `********`, and so are the passwords in URLs.
    """
    sections: dict[str, dict[str, object]] = {name: _values(getattr(settings, name)) for name in CORE_SECTIONS}
    sections |= {name: _values(section) for name, section in settings.plugin_sections.items()}
    sections |= {f"compliance.{code}": dict(rules) for code, rules in settings.overrides.items()}
    for name, connector in settings.connectors.items():
        sections[f"connector.{name}"] = {"type": connector.type, **_values(connector.section)}
    sections |= {f"route.{name}": _values(route, RouteSection) for name, route in settings.routes.items()}
    return "\n".join(_in_force(name, values, settings) for name, values in sections.items())


def text_of(value: object) -> str:
    """A value as hub.ini has it; a secret comes out masked."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, tuple | list | set | frozenset):
        return ", ".join(text_of(item) for item in value)
    text = "" if value is None else str(to_jsonable_python(value, fallback=str))
    return f'"{text}"' if text != unquote(text.strip()) else text


def _connector(kind: str, model: type[Section]) -> str:
    return _explained(f";[connector.{kind}]\n;type = {kind}", model)


def _explained(header: str, model: type[Section], given: Mapping[str, str] = NOTHING) -> str:
    """A section with its keys commented out; `given` stand in for defaults."""
    lines = [*_comment(cleandoc(model.__doc__ or "").partition("\n")[0] if model is not Section else ""), header]
    for key, field in keys_of(model).items():
        lines += _comment(_sentence(field))
        lines.append(f";{key} = {given.get(key) or _default(field)}".rstrip())
    if model.country_keys:
        lines += _comment(model.model_fields[model.country_keys].description or "")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True, validated_data={})
    return "" if default is PydanticUndefined else text_of(default)


def _sentence(field: FieldInfo) -> str:
    """A key's description, with what it takes in brackets."""
    takes = _choices(field.annotation) or bounds(field).strip()
    what = (field.description or "").removesuffix(".")
    return f"{what} ({takes})." if takes else f"{what}."


def _choices(annotation: Any) -> str:
    """The words that a key takes, where they are few."""
    if annotation is bool:
        return "yes or no"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return _one_of([str(member.value) for member in annotation])
    if get_origin(annotation) is Literal:
        return _one_of([str(word) for word in get_args(annotation)])
    return _choices(get_args(annotation)[0]) if get_origin(annotation) in (tuple, Annotated) else ""


def _one_of(words: Sequence[str]) -> str:
    return " or ".join(word for word in (", ".join(words[:-1]), words[-1]) if word)


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)]


def _values(section: Section, model: type[Section] | None = None) -> dict[str, object]:
    """A section's values by key, those of countries last."""
    fields = {field.alias or name: name for name, field in (model or type(section)).model_fields.items()}
    values = {key: getattr(section, name) for key, name in fields.items() if name != section.country_keys}
    return values | (dict(getattr(section, section.country_keys)) if section.country_keys else {})


def _in_force(name: str, values: Mapping[str, object], settings: Settings) -> str:
    lines = [f"[{name}]"]
    for key, value in values.items():
        where = settings.where(name, key)
        lines += [f"# {where}"] if where != f"[{name}]" else []
        text = without_password(text_of(value)).replace("\n", "\\n")
        lines.append(f"{key} = {text}".rstrip())
    return "\n".join(lines) + "\n"
