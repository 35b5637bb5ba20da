"""Writes the few lines that a first run needs, from what you say you have."""

from counterpoise.init.files import TOOLS, WAREHOUSES, Choice, next_commands, planned

__all__ = ["TOOLS", "WAREHOUSES", "Choice", "next_commands", "planned"]
