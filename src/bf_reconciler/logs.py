"""Log set-up: structlog, with the standard library's logs through it, and secrets removed."""

import logging
import re
import threading
from collections.abc import Iterable, Mapping
from typing import IO, Any, Final, Literal

from bf_reconciler.facts import printable
from bf_reconciler.facts.secret_forms import secret_forms
from bf_reconciler.log_sink import Sink
from bf_reconciler.structlog_import import structlog

MASK: Final = "••••"
HEAD: Final = 8
"""So many characters are nearly never common to a secret and an ordinary word."""
LINES: Final = "\n\t"
"""What a text of several lines may hold: a traceback is one."""
KEY_LIKE = re.compile(
    r"(?i)(secret|passphrase|password|token|api_?key|private_?key|authorization|signature|cookie)$"
)
SILENT = ("ccxt", "aiohttp", "apprise", "requests", "urllib3")
"""At DEBUG, ccxt writes headers and bodies of signed requests; apprise and urllib3 write URLs."""
QUIET = ("asyncio", "watchfiles")


class Redactor:
    """Knows every secret value of this process, and masks each wherever it stands in a text.

    Nothing is ever forgotten: an old key may still be valid at the exchange.
    """

    def __init__(self) -> None:
        self._learnt: set[str] = set()
        self._forms: set[str] = set()
        # The lengths of forms by their first characters: neither how many secrets there are nor
        # that the keys of an exchange may all begin alike slows a line down.
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._heads: tuple[int, ...] = ()
        """How many first characters these are, longest first: HEAD, or all of a shorter form."""
        self._turn = threading.Lock()

    def __repr__(self) -> str:
        return "Redactor()"

    def learn(self, values: Iterable[str]) -> None:
        with self._turn:
            for value in values:
                if value in self._learnt:
                    continue
                self._learnt.add(value)
                for form in secret_forms(value):
                    self._forms.add(form)
                    self._index(form)

    def _index(self, form: str) -> None:
        head = form[:HEAD]
        self._lengths[head] = _longest_first(len(form), self._lengths.get(head, ()))
        self._heads = _longest_first(len(head), self._heads)

    def redact(self, text: str) -> str:
        if not self._suspicious(text):
            return text
        parts: list[str] = []
        done = at = 0
        while at < len(text):
            end = self._end(text, at)
            if end is None:
                at += 1
                continue
            parts += [text[done:at], MASK]
            done = at = end
        return "".join([*parts, text[done:]])

    def _suspicious(self, text: str) -> bool:
        """Whether a form may begin anywhere; of an ordinary line, this is all that is asked."""
        known = self._lengths.keys()
        return not all(
            known.isdisjoint({text[at : at + head] for at in range(len(text) - head + 1)})
            for head in self._heads
        )

    def _end(self, text: str, at: int) -> int | None:
        """Where the longest form ends that begins here."""
        for head in self._heads:
            for length in self._lengths.get(text[at : at + head], ()):
                if text[at : at + length] in self._forms:
                    return at + length
        return None


def _longest_first(length: int, known: tuple[int, ...]) -> tuple[int, ...]:
    return known if length in known else tuple(sorted((*known, length), reverse=True))


REDACTOR: Final = Redactor()
"""The one of this process: a secret must be masked whichever part of the program writes it."""


class _Handler(logging.Handler):
    """Hands lines to where they are written. One that fails is lost with its arguments."""

    def __init__(self, stream: IO[str] | Sink) -> None:
        super().__init__()
        self.stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
            if not isinstance(self.stream, Sink):
                self.stream.write(f"{line}\n")
            elif self.stream.put(line) and (count := self.stream.untold()):
                self.stream.put(self.format(_dropped(count)))
        except Exception:  # noqa: BLE001 # the standard way prints the arguments
            return


def _dropped(count: int) -> logging.LogRecord:
    fields = {"name": "bf_reconciler", "levelno": logging.WARNING, "levelname": "WARNING"}
    return logging.makeLogRecord(fields | {"msg": "log lines dropped", "count": count})


def dropped() -> int:
    """How many lines were dropped because nobody read those before them."""
    return sum(sink.dropped for sink in _sinks())


def close() -> None:
    """Write what waits, as far as somebody reads it. What is logged after this is dropped."""
    for sink in _sinks():
        sink.flush()
        sink.close()


def _sinks() -> list[Sink]:
    handlers = [each for each in logging.getLogger().handlers if isinstance(each, _Handler)]
    return [handler.stream for handler in handlers if isinstance(handler.stream, Sink)]


def configure(
    level: str, form: Literal["json", "console"], stream: IO[str] | Sink, *, colors: bool = False
) -> None:
    """Set up all logging of this process; a second call replaces the first.

    A stream is written to at once, a sink never makes who logs wait.

    ``level``: the least that is written: debug, info, warning or error.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Exceptions become plain text here; a prettier one would show local variables.
    last: list[structlog.typing.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        mask_fields,
    ]
    if form == "json":
        last.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    else:
        last.append(structlog.dev.ConsoleRenderer(colors=colors))
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[*last, redact_line],
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
    )
    handler = _Handler(stream)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in _sinks():
        old.close()
    root.handlers = [old for old in root.handlers if not isinstance(old, _Handler)] + [handler]
    root.setLevel(level.upper())
    for name in SILENT:
        _silence(logging.getLogger(name))
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _silence(logger: logging.Logger) -> None:
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False
    logger.setLevel(logging.CRITICAL + 1)


def mask_fields(
    _: structlog.typing.WrappedLogger, __: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Mask fields whose names say that a secret stands there."""
    return {name: MASK if KEY_LIKE.search(name) else _masked(v) for name, v in event.items()}


def _masked(value: Any) -> Any:  # noqa: ANN401 # whatever is logged
    if isinstance(value, str):  # before a renderer escapes it once more
        return REDACTOR.redact(printable(value, LINES))  # a console may be a terminal
    if isinstance(value, Mapping):
        return {k: MASK if KEY_LIKE.search(str(k)) else _masked(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(item) for item in value]
    return value


def redact_line(_: structlog.typing.WrappedLogger, __: str, line: Any) -> str:  # noqa: ANN401 # as structlog has it
    """The last step: whatever the line is made of, no secret leaves."""
    return REDACTOR.redact(str(line))
