"""Sending by Apprise, whose addresses hold secrets: none of them reaches a message, a log or an error."""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from counterpoise.digest.document import Document
from counterpoise.digest.render import as_html, as_json, as_markdown, as_slack, as_teams
from counterpoise.errors import CounterpoiseError, UsageError

# What is no block, card or e-mail gets Markdown, which Apprise turns into what the service takes.
_CARDS = {"NotifySlack": as_slack, "NotifyWorkflows": as_teams}
_LOGGERS = ("apprise", "requests", "urllib3", "smtplib")


class NotSent(CounterpoiseError):
    """An address that cannot be used or did not take the message. Says why, never where."""


def send(document: Document, address: str) -> None:
    """Send a document to one address, in the form it takes.

    Raises:
        UsageError: Apprise is not installed.
        NotSent: the address is of no known form, or the message did not arrive.
    """
    with _silence():
        apprise = _apprise()
        asset = apprise.AppriseAsset(app_id="counterpoise", app_desc="counterpoise", app_url="", async_mode=False)
        with tempfile.TemporaryDirectory(prefix="counterpoise-digest-") as folder:
            try:
                service = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
            except Exception:  # noqa: BLE001 (each plugin has errors of its own, with the address in them)
                service = None
            if service is None:
                raise NotSent("Apprise does not know this kind of address; see docs/digest.md for examples.")
            try:
                arrived = _deliver(apprise, service, document, Path(folder), asset)
            except Exception:  # noqa: BLE001
                arrived = False
    if not arrived:
        raise NotSent("The message was not taken. Look at the address, its token and the network, and call it again.")


def _deliver(apprise: Any, service: Any, document: Document, folder: Path, asset: Any) -> bool:
    kind = type(service).__name__
    body, body_format = as_markdown(document), apprise.NotifyFormat.MARKDOWN
    if kind in _CARDS and not service.template:
        # the documented way to blocks and cards: a file that the address names
        path = folder / "message.json"
        path.write_text(as_json(_CARDS[kind](document)), encoding="utf-8")
        given = service.url(privacy=False)
        joint = "&" if "?" in given else "?"
        service = apprise.Apprise.instantiate(f"{given}{joint}template={quote(str(path), safe='')}", asset=asset)
    elif kind == "NotifyEmail":
        body, body_format = as_html(document), apprise.NotifyFormat.HTML
    notifier = apprise.Apprise(asset=asset)
    notifier.add(service)
    return bool(notifier.notify(body=body, title=document.title, body_format=body_format))


def _apprise() -> Any:
    try:
        import apprise
    except ImportError as error:
        raise UsageError(
            "Sending needs Apprise, which is not installed. Install counterpoise with its extra `notify`: "
            "pip install 'counterpoise[notify]'."
        ) from error
    return apprise


@contextmanager
def _silence() -> Iterator[None]:
    """Loggers that may write addresses are off meanwhile."""
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [logger.disabled for logger in loggers]
    # a logger below one of these has handlers and levels of its own
    loggers += [
        logger for name, logger in logging.Logger.manager.loggerDict.items()
        if isinstance(logger, logging.Logger) and name.startswith(tuple(f"{above}." for above in _LOGGERS))
    ]  # fmt: skip
    before += [logger.disabled for logger in loggers[len(before) :]]
    for logger in loggers:
        logger.disabled = True
    try:
        with warnings.catch_warnings():  # they name hosts
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, was in zip(loggers, before, strict=True):
            logger.disabled = was
