"""Whoever logs never waits for who reads."""

import io
import json
import logging
import os
import threading

import pytest
import structlog

from bf_reconciler import logs
from bf_reconciler.log_sink import Sink
from e2e.fleet import kept_loggers


@pytest.fixture
def pipe():
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as read, os.fdopen(writer, "w") as written:
        yield read, written


def fill(written):
    """Until not one more byte goes in."""
    os.set_blocking(written.fileno(), False)
    try:
        while True:
            os.write(written.fileno(), b"x" * 65536)
    except BlockingIOError:
        pass


def drained(read, ends):
    """Everything until a line ends so."""
    whole = b""
    while not whole.endswith(ends):
        whole += os.read(read.fileno(), 1 << 20)
    return whole


def test_lines_are_written_in_order_to_a_descriptor_and_to_a_stream_in_memory(pipe):
    read, written = pipe
    memory = io.StringIO()
    for stream in (written, memory):
        sink = Sink(stream)
        assert [sink.put(line) for line in ("one", "zwei ü", "half \ud800")] == [True] * 3
        sink.flush(60)
        sink.close()
    text = "one\nzwei ü\nhalf \\ud800\n"
    assert os.read(read.fileno(), 1 << 20).decode() == text
    assert memory.getvalue() == text


@pytest.mark.parametrize("blocking", [True, False])
def test_a_pipe_that_nobody_reads_stops_nobody_and_what_did_not_fit_is_counted(pipe, blocking):
    read, written = pipe
    fill(written)
    os.set_blocking(written.fileno(), blocking)
    sink = Sink(written, most_bytes=10)
    assert [sink.put("123456789"), sink.put("more")] == [True, False]
    sink.flush(0.01)  # it does not end, and this does
    assert (sink.dropped, sink.untold(), sink.untold()) == (1, 1, 0)
    drained(read, b"123456789\n")
    sink.flush(60)
    assert sink.put("again")
    drained(read, b"again\n")
    sink.close()
    assert not sink.put("too late")


def test_a_stream_that_cannot_be_written_loses_the_line_alone(pipe):
    read, written = pipe
    read.close()
    sink = Sink(written)
    sink.put("nobody")
    sink.flush(60)
    assert sink.dropped == 1
    sink.close()


def test_the_log_says_how_many_lines_it_lost(pipe):
    read, written = pipe
    fill(written)
    os.set_blocking(written.fileno(), True)
    with kept_loggers():
        sink = Sink(written, most_bytes=300)
        logs.configure("info", "json", sink)
        logger = structlog.get_logger("x")
        logger.info("first", text="y" * 150)
        for _ in range(5):
            logger.info("lost", text="y" * 150)
        assert logs.dropped() == 5
        drained(read, b"}\n")
        sink.flush(60)
        logger.info("after")
        logs.close()
        lines = [json.loads(line) for line in os.read(read.fileno(), 1 << 20).splitlines()]
        assert [line["event"] for line in lines] == ["after", "log lines dropped"]
        assert (lines[1]["count"], lines[1]["level"]) == (5, "warning")
        logs.configure("info", "json", io.StringIO())
        assert logs.dropped() == 0


def test_a_sink_that_is_replaced_ends():
    with kept_loggers():
        sink = Sink(io.StringIO())
        logs.configure("info", "json", sink)
        logs.configure("info", "json", io.StringIO())
        assert not sink.put("late")
        logging.getLogger("x").info("on")
    assert all(thread.name != "log" or thread.daemon for thread in threading.enumerate())
