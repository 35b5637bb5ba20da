"""Looks at everything a run needs and says what to mend; changes nothing and tells no secret."""

from counterpoise.doctor.doctor import Finding, as_text, examine

__all__ = ["Finding", "as_text", "examine"]
