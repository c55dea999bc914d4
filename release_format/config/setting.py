"""One setting: a field of a frozen dataclass with its default and the sentence that explains it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

from release_format.config.refusal import errors_of, must_be, shown
from release_format.config.table import Checked, ConfigError, adapter
from release_format.secrets.secret import Secret

T = TypeVar("T")


def _yes_or_no(text: object) -> object:
    """What the environment says, as the help writes it; a default is a bool already."""
    if not isinstance(text, str):
        return text
    if text not in ("yes", "no", "1", "0"):
        raise ValueError(f"must be yes or no, not {shown(text)}. Mend it.")
    return text in ("yes", "1")


YesNo = Annotated[bool, Checked(_yes_or_no, before=True)]


def setting(
    default: Any, sentence: str, *, read_by: str = "", blank: bool = False, in_file: bool = False
) -> Any:
    """A field that is a setting.

    Args:
        default: its value where the environment has none, or an empty one.
        sentence: what it does.
        read_by: the programs that read it, where its group has several.
        blank: whether an empty text is a value of its own.
        in_file: whether the setting of this name with _FILE names a file that may hold it.
    """
    metadata = {"sentence": sentence, "read_by": read_by, "blank": blank, "in_file": in_file}
    return field(default=default, metadata=metadata)


def settings_group(kind: type[T]) -> type[T]:
    """Let the environment be read into this dataclass, whose fields are made by `setting`."""
    kind.__pydantic_config__ = {  # type: ignore[attr-defined]
        "extra": "forbid",
        "allow_inf_nan": False,
        "arbitrary_types_allowed": True,
    }
    return kind


@dataclass(frozen=True)
class Setting:
    """One setting, as the registry, the help and docs/settings.md tell it."""

    variable: str
    default: str
    sentence: str
    read_by: str
    is_secret: bool


def settings_of(group: type[Any], prefix: str, program: str = "") -> list[Setting]:
    """The settings of a group, a dataclass whose fields are made by `setting`."""
    return [
        Setting(
            variable_of(prefix, each),
            _text(each.default),
            each.metadata["sentence"],
            each.metadata["read_by"] or program,
            isinstance(each.default, Secret),
        )
        for each in fields(group)
    ]


def variable_of(prefix: str, field: Field[Any]) -> str:
    """The name of a setting in the environment."""
    return f"{prefix}{field.name.upper()}"


def values_of(group: type[T], prefix: str, environment: Mapping[str, str]) -> T:
    """The group with the values of the environment; texts become what its fields' types say.

    Raises:
        ConfigError: naming the variable whose value cannot be.
    """
    texts: dict[str, str] = {}
    secrets: dict[str, Any] = {}
    for each in fields(group):  # type: ignore[arg-type]
        variable = variable_of(prefix, each)
        text = environment.get(variable)
        if not text and each.metadata["in_file"] and (file := environment.get(f"{variable}_FILE")):
            text = _content(file, f"{variable}_FILE")
        if text is None or not (text or each.metadata["blank"]):
            continue
        if isinstance(each.default, Secret):
            secrets[each.name] = Secret(text.strip())
        else:
            texts[each.name] = text
    typed = {each.name for each in fields(group) if each.type != "str"}  # type: ignore[arg-type]
    try:
        # Texts need no check of their type, so that a program's start waits for no pydantic.
        values = adapter(group).validate_strings(texts) if typed & {*texts} else group(**texts)
    except ValueError as error:
        details = errors_of(error)[0]
        if not details["loc"]:
            raise ConfigError(str(details["ctx"]["error"])) from error
        wrong = next(each for each in fields(group) if each.name == details["loc"][0])  # type: ignore[arg-type]
        raise ConfigError(
            f"{variable_of(prefix, wrong)}{must_be(details)} {wrong.metadata['sentence']}"
        ) from error
    return replace(values, **secrets) if secrets else values  # type: ignore[type-var]


def _content(file: str, variable: str) -> str:
    """What a secret's file holds; an empty file (an unfilled secret) means none."""
    try:
        return Path(file).read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise ConfigError(
            f"{variable}: {file} cannot be read ({reason}). Mend the path."
        ) from error


def _text(default: Any) -> str:
    """A default as one would write it into the environment."""
    if isinstance(default, Secret):
        return ""
    if isinstance(default, bool):
        return "yes" if default else "no"
    return f"{default:g}" if isinstance(default, int | float) else str(default)
