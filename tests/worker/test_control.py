"""The run's socket: every line is answered once and in order, whoever asks is the same user, and
no client, whatever it does, keeps the loop or another client waiting."""

from __future__ import annotations

import os
import socket
import stat
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from tests.worker.control_client import Client, arrived, obedient, taken
from tui_lab.commands import Acknowledgement, Advance, Evaluate, Pause, SetHyperparameter, Stop
from tui_lab.worker.control import LONGEST_LINE, Control


def test_the_socket_belongs_to_the_user_alone(path: Path, control: Control) -> None:
    status = path.stat()
    assert stat.S_ISSOCK(status.st_mode)
    assert stat.S_IMODE(status.st_mode) == 0o600


def test_a_socket_left_by_a_dead_worker_is_replaced(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))
    control = Control(path)
    control.start()
    client = Client(path)
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}
    client.close()
    control.close()


def test_closing_removes_the_socket_and_ends_the_connection(path: Path, control: Control) -> None:
    client = Client(path)
    control.close()
    assert os.listdir(path.parent) == []
    assert client.answer() is None
    client.close()


def test_every_command_arrives_as_it_was_sent(control: Control, client: Client) -> None:
    with obedient(control) as told:
        client.ask(b'{"command": "pause"}')
        client.ask(b'{"command": "advance", "unit": "phase"}')
        client.ask(b'{"command": "set", "name": "lr", "value": "1e-3"}')
        client.ask(b'{"command": "evaluate"}')
        client.ask(b'{"command": "stop", "reason": "enough"}')
    expected = [Pause(), Advance("phase"), SetHyperparameter("lr", "1e-3"), Evaluate()]
    assert told == [*expected, Stop("enough")]


def test_who_waits_for_a_busy_loop_is_told_what_it_does(
    control: Control, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_lab.worker.control._PATIENCE", 0.0)
    with control.busy("taking a step"):
        with control.busy("evaluating"):
            told = client.ask(b'{"command": "pause"}')
        again = client.ask(b'{"command": "pause"}') or {}
    assert told == {
        "ok": False,
        "step": 0,
        "message": "The run is busy: evaluating. It does what was asked after that.",
    }
    assert "busy: taking a step." in again["message"]
    late = control.take(0.0)
    assert late is not None
    assert late.command == Pause()
    late.answer(Acknowledgement(True, 3))
    monkeypatch.setattr("tui_lab.worker.control._PATIENCE", 60.0)
    assert control.take(0.0) is not None
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}


def test_lines_sent_at_once_are_answered_once_each_in_order(
    control: Control, client: Client
) -> None:
    with obedient(control):
        client.send(b'{"command": "pause"}\nnonsense\n{"command": "resume"}\n{"command": "pause"}')
        answers = [client.answer() for _ in range(4)]
    assert [answer and (answer["ok"], answer["step"]) for answer in answers] == [
        (True, 1),
        (False, 0),
        (True, 2),
        (True, 3),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"nonsense",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"[" * 60_000,
        b'{"command": "fly"}',
        b'{"command": []}',
        b'{"command": "pause", "why": 1}',
        b'{"command": "advance"}',
        b'{"command": "advance", "unit": "year"}',
        b'{"command": "advance", "unit": {}}',
        b'{"command": "set", "name": 3, "value": 1}',
        b'{"command": "set", "name": "lr", "value": NaN}',
        b'{"command": "set", "name": "\\ud800", "value": 1}',
        b'{"command": "stop", "reason": null}',
    ],
)
def test_a_line_that_is_no_command_is_refused_and_the_connection_lives_on(
    control: Control, client: Client, line: bytes
) -> None:
    refusal = client.ask(line)
    assert refusal is not None
    assert not refusal["ok"]
    assert refusal["message"].startswith("Not understood: ")
    assert not control.pending
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}


def test_a_line_that_is_too_long_closes_its_client_alone(
    path: Path, control: Control, client: Client
) -> None:
    long = Client(path)
    with suppress(BrokenPipeError, ConnectionResetError):  # cut off while still sending
        long.send(b'{"command": "stop", "reason": "' + b"x" * LONGEST_LINE + b'"}')
    assert long.answer() is None
    long.close()
    with obedient(control) as told:
        client.ask(b'{"command": "pause"}')
    assert told == [Pause()]


def test_a_line_without_its_end_is_not_obeyed(control: Control, path: Path) -> None:
    torn = Client(path)
    torn.socket.sendall(b'{"command": "stop"}')
    torn.socket.shutdown(socket.SHUT_WR)
    assert torn.answer() is None
    torn.close()
    assert not control.pending


def test_nothing_to_take_is_none(control: Control) -> None:
    assert not control.pending
    assert control.take(0) is None
    assert control.take(0.01) is None


def test_taking_wakes_when_a_request_comes(control: Control, client: Client) -> None:
    sender = threading.Timer(0.05, client.send, [b'{"command": "resume"}'])
    sender.start()
    taken(control).answer(Acknowledgement(True, 7))
    sender.join()
    assert client.answer() == {"ok": True, "step": 7, "message": ""}


def test_a_request_is_pending_until_it_is_taken(control: Control, client: Client) -> None:
    client.send(b'{"command": "pause"}')
    client.send(b"nonsense")
    request = taken(control)
    assert not control.pending
    request.answer(Acknowledgement(True, 1))
    client.answer()
    client.send(b'{"command": "resume"}')
    taken(control).answer(Acknowledgement(True, 2))


def test_waking_ends_one_take_without_a_request(control: Control) -> None:
    control.wake()
    assert control.pending
    assert control.take(None) is None
    assert not control.pending


def test_only_the_first_answer_counts(control: Control, client: Client) -> None:
    client.send(b'{"command": "pause"}')
    request = taken(control)
    request.answer(Acknowledgement(True, 1))
    request.answer(Acknowledgement(False, 2, "again"))
    assert client.answer() == {"ok": True, "step": 1, "message": ""}
    with obedient(control):
        assert client.ask(b'{"command": "pause"}') == {"ok": True, "step": 1, "message": ""}


def test_closing_answers_what_was_queued_and_what_was_taken(path: Path, control: Control) -> None:
    first, second = Client(path), Client(path)
    first.send(b'{"command": "pause"}')
    taken(control)
    second.send(b'{"command": "stop"}')
    arrived(control)
    control.close()
    ended = {"ok": False, "step": 0, "message": "The run has ended."}
    assert first.answer() == ended
    assert second.answer() == {**ended, "ok": True}  # it was told to end
    for client in (first, second):
        assert client.answer() is None
        client.close()


def test_a_command_says_whose_it_is(control: Control, client: Client) -> None:
    for line, by in (
        (b'{"command": "pause", "by": "pts/3"}', "pts/3"),
        (b'{"command": "pause"}', ""),
        (b'{"command": "pause", "by": 7}', ""),
    ):
        client.send(line)
        request = taken(control)
        assert (request.command, request.by) == (Pause(), by)
        request.answer(Acknowledgement(True))
        client.answer()
