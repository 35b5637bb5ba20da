"""Reads a mapping file, whatever it maps."""

from pathlib import Path

import yaml

from counterpoise.errors import InputError
from counterpoise.inputs.words import show


class _StrictLoader(yaml.SafeLoader):
    """Safe YAML in which a key may stand only once; plain YAML would keep the last and forget the others."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen = set()
        for key_node, _ in node.value:
            if isinstance(key_node, yaml.ScalarNode):
                if key_node.value in seen:
                    message = f"{show(key_node.value)} stands twice; put what belongs together under one"
                    raise yaml.constructor.ConstructorError(None, None, message, key_node.start_mark)
                seen.add(key_node.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path, page: str) -> object:
    """What a mapping file holds.

    Args:
        page: the page of the docs that shows how to write one, for messages.

    Raises:
        InputError: the file is missing or is no YAML; names line and remedy.
    """
    try:
        return _StrictLoader(path.read_text(encoding="utf-8-sig")).get_single_data()
    except FileNotFoundError:
        raise InputError(f"The mapping {path} does not exist. {page} shows how to write one.") from None
    except OSError as error:
        raise InputError(f"The mapping {path} cannot be opened: {error.strerror or error}.") from None
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8 text. Save it as UTF-8.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be parsed"
        raise InputError(f"{path.name} is not the YAML a mapping needs{where}: {problem}.") from None
