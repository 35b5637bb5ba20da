"""How well the score works: the protocol over simulated organisations whose truth is known, beside usual methods."""
