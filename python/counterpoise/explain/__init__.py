"""One team's week in words, with the SQL behind every number; reads what is published and changes nothing."""

from counterpoise.explain.explain import Explanation, explain
from counterpoise.explain.words import as_text

__all__ = ["Explanation", "as_text", "explain"]
