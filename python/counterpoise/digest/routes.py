"""Who gets which part of the digest: a YAML file of addresses, which are secrets and are never shown."""

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from counterpoise.digest.content import Digest
from counterpoise.errors import UsageError

KINDS = ("all", "owners", "parts")
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class Route:
    """Where one part of the digest goes.

    Attributes:
        kind: all, owners or parts.
        key: the owner's role or the id of the part; empty for all.
        addresses: of the notifier; secrets, so they are not part of how a route is shown.
    """

    kind: str
    key: str
    addresses: tuple[str, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """How it is called in messages and in what is kept."""
        return f"{self.kind}: {self.key}" if self.key else self.kind

    def part_of(self, digest: Digest) -> Digest:
        """What this route gets."""
        if self.kind == "owners":
            return digest.of_owner(self.key)
        return digest.of_part(self.key) if self.kind == "parts" else digest


def read_routes(
    path: Path, owners: Collection[str], parts: Collection[str], environment: Mapping[str, str] = os.environ
) -> list[Route]:
    """The routes of a file, those for all first.

    Args:
        owners: roles that own something; parts: ids of teams and of the parts above them.
        environment: variables that addresses may name as ${NAME}.

    Raises:
        UsageError: no such file, not YAML of the expected shape, a name that is not known, a variable that is not set.
            No message holds an address.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"--routes {path} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}."
        ) from error
    except yaml.YAMLError as error:  # its own text quotes the line, and with it an address
        mark = getattr(error, "problem_mark", None)
        raise UsageError(
            f"{path} is not YAML{f', line {mark.line + 1}' if mark else ''}. See docs/digest.md."
        ) from None
    if not isinstance(content, dict) or not content:
        raise UsageError(
            f"{path} holds no routes. It wants {', '.join(KINDS)} with addresses below; see docs/digest.md."
        )
    unknown = [str(key) for key in content if key not in KINDS]
    if unknown:
        raise UsageError(f"{path}: {unknown[0][:60]!r} is not known. Use {', '.join(KINDS)}.")
    routes = []
    if "all" in content:
        routes.append(Route("all", "", _addresses(path, "all", content["all"], environment)))
    for kind, known, what in (
        ("owners", owners, "role that owns a step or a metric"),
        ("parts", parts, "team or part"),
    ):
        below = content.get(kind) or {}
        if not isinstance(below, dict):
            raise UsageError(f"{path}, {kind}: write one line a name, with its addresses below.")
        for key, given in below.items():
            name = str(key)
            if name not in known:
                near = get_close_matches(name, sorted(known), n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise UsageError(f"{path}, {kind}: {name[:60]!r} is no {what} of these marts.{hint}")
            routes.append(Route(kind, name, _addresses(path, f"{kind}: {name}", given, environment)))
    return routes


def _addresses(path: Path, where: str, given: Any, environment: Mapping[str, str]) -> tuple[str, ...]:
    listed = [given] if isinstance(given, str) else given
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one.strip() for one in listed):
        raise UsageError(f"{path}, {where}: write an address, or a list of addresses, as texts.")

    def value_of(match: re.Match[str]) -> str:
        value = environment.get(match[1])
        if not value:
            raise UsageError(f"{path}, {where}: the environment variable {match[1]} is not set.")
        return value

    return tuple(_VARIABLE.sub(value_of, one.strip()) for one in listed)
