"""The way in: a folder of contract tables, or one event log, into the raw tables of the warehouse."""

from counterpoise.inputs.event_log import load_event_log
from counterpoise.inputs.folder import load_folder
from counterpoise.inputs.landing import LoadSummary

__all__ = ["LoadSummary", "load_event_log", "load_folder"]
