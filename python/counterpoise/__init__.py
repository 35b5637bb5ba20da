"""counterpoise: tells an organisation when a number it is proud of is hurting it."""

__version__ = "0.1.0"
