"""The parent's side: whatever a child does, the parent gets data or one clear error, in time."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.findings import ParetoNLPError
from harness.sandbox import runner
from harness.sandbox.levels import Level
from harness.sandbox.policy import Limits, command, environment


@pytest.fixture
def child_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Put a script in the worker's place: a child may do anything."""

    def put(script: str) -> None:
        path = tmp_path / "child.py"
        head = "import json, os, sys, time\n"
        head += "header, request = json.loads(sys.stdin.readline()), json.loads(sys.stdin.readline())\n"
        head += "answers = os.dup(1); os.dup2(2, 1)\n"
        head += "def send(text):\n    os.write(answers, text.encode())\n"
        path.write_text(head + script)
        monkeypatch.setattr(runner, "child_command", lambda *_: [sys.executable, "-I", "-B", str(path)])

    return put


def _ask(limits: Limits | None = None) -> list[runner.Message]:
    with runner.sandboxed(Path("/nowhere"), [{"number": 1}, {"number": 2}], limits) as child:
        return list(child.answers())


def test_messages_arrive_whole_and_in_order(child_runs: Callable[[str], None]) -> None:
    child_runs(
        "text = 'x' * 300_000\n"
        "for job in request['jobs']:\n    send(json.dumps({'kind': 'answer', **job, 'text': text}) + '\\n')\n"
        "send('{\"kind\": \"do'); time.sleep(0.2); send('ne\"}\\n')\n"
    )
    messages = _ask()
    assert [message["number"] for message in messages] == [1, 2]
    assert all(len(message["text"]) == 300_000 for message in messages)


@pytest.mark.parametrize(
    ("script", "code", "says"),
    [
        ("", "submitted-code-died", "ended without an answer"),
        ("print('the reason'); sys.exit(3)", "submitted-code-died", "exit code 3; it said:\nthe reason"),
        ("os.kill(os.getpid(), 11)", "submitted-code-died", "killed by SIGSEGV"),
        ("raise MemoryError('too much')", "submitted-code-died", "memory limit"),
        ("send('no json\\n')", "no-answer", "no JSON"),
        ('send(\'{"kind": "part", "x": NaN}\\n\')', "no-answer", "NaN"),
        ("send('[1]\\n')", "no-answer", "no message"),
        ('send(\'{"kind": "done"}\\n\')', "no-answer", "after 0 of 2 answers"),
        ('send(\'{"kind": "answer"}\\n\' * 3)', "no-answer", "after 2 of 2 answers"),
        ("send('[' * 100_000 + '\\n')", "no-answer", "no JSON"),
        ('send(\'{"kind": "failed", "message": "model.py:3: no"}\\n\')', "submitted-code", "model.py:3: no"),
        ("while True: send('x' * 65536)", "answer-too-large", "more than 1,000,000 bytes"),
        ("time.sleep(60)", "out-of-time", "stopped after 2 seconds"),
        (
            'while True: send(\'{"kind": "progress", "done": 1}\\n\'); time.sleep(0.1)',
            "out-of-time",
            "stopped after 2 seconds",
        ),
    ],
)
def test_a_child_that_goes_wrong_is_one_error(
    child_runs: Callable[[str], None], script: str, code: str, says: str
) -> None:
    child_runs(script)
    began = time.monotonic()
    with pytest.raises(ParetoNLPError) as caught:
        _ask(Limits(seconds=2, answer_bytes=1_000_000))
    assert [finding.code for finding in caught.value.findings] == [code]
    assert says in str(caught.value)
    assert time.monotonic() - began < 8


def test_jobs_in_step_are_not_known_before_the_answer_to_the_one_before_was_taken(
    child_runs: Callable[[str], None],
) -> None:
    child_runs(
        "import select\n"
        "for number in (1, 2):\n"
        "    early = bool(select.select([0], [], [], 0.3)[0])\n"
        "    send(json.dumps({'kind': 'answer', 'jobs': request['jobs'], 'more': early}) + '\\n')\n"
        "    line = sys.stdin.readline()\n"
        "    request = json.loads(line) if line else None\n"
        "send(json.dumps({'kind': 'answer', 'request': request}) + '\\n{\"kind\": \"done\"}\\n')\n"
    )
    jobs = [{"number": 1}, {"number": 2}, {"number": 3}]
    with runner.sandboxed(Path("/nowhere"), jobs, in_step=True) as child:
        answers = child.answers()
        for number in (1, 2):
            answer = next(answers)
            assert (answer["jobs"], answer["more"]) == ([{"number": number}], False)
        assert next(answers)["request"] == {"jobs": [{"number": 3}]}
        assert list(answers) == []


def test_a_child_that_does_not_read_its_jobs_holds_nothing_up(
    child_runs: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    child_runs("")
    script = "import time; time.sleep(60)"
    monkeypatch.setattr(runner, "child_command", lambda *_: [sys.executable, "-I", "-B", "-c", script])
    began = time.monotonic()
    with (
        pytest.raises(ParetoNLPError, match="stopped after 1 seconds"),
        runner.sandboxed(Path("/nowhere"), [{"text": "x" * 4_000_000}], Limits(seconds=1)) as child,
    ):
        list(child.answers())
    assert time.monotonic() - began < 8


def test_processor_time_is_told_at_each_answer(child_runs: Callable[[str], None]) -> None:
    child_runs(
        "def burn(seconds):\n"
        "    start = time.process_time()\n"
        "    while time.process_time() - start < seconds: pass\n"
        'send(\'{"kind": "answer"}\\n\')\n'
        "sys.stdin.readline(); burn(0.5)\n"
        'send(\'{"kind": "answer"}\\n{"kind": "done"}\\n\')\n'
    )
    with runner.sandboxed(Path("/nowhere"), [{"number": 1}, {"number": 2}], in_step=True) as child:
        answers = child.answers()
        next(answers)
        before = child.cpu_seconds
        next(answers)
        assert 0.45 < child.cpu_seconds - before < 1


def test_of_a_container_no_processor_time_is_known(child_runs: Callable[[str], None]) -> None:
    child_runs('send(\'{"kind": "answer"}\\n\' * 2 + \'{"kind": "done"}\\n\')\n')
    with runner.sandboxed(Path("/nowhere"), [{"number": 1}, {"number": 2}], level=Level.CONTAINER) as child:
        list(child.answers())
        assert child.cpu_seconds == 0


def test_what_a_child_sent_just_before_it_ended_is_read(
    child_runs: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process may be held up between its look for answers and its look at the child."""
    child_runs('time.sleep(0.5); send(\'{"kind": "answer"}\\n\' * 2 + \'{"kind": "done"}\\n\')\n')
    look = subprocess.Popen.poll

    def held_up(process: subprocess.Popen[bytes]) -> int | None:
        time.sleep(1)
        return look(process)

    monkeypatch.setattr(subprocess.Popen, "poll", held_up)
    assert len(_ask()) == 2


def test_what_the_child_started_is_gone_afterwards(child_runs: Callable[[str], None], tmp_path: Path) -> None:
    child_runs(
        "import subprocess\n"
        "other = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "send(json.dumps({'kind': 'answer', 'pid': other.pid}) + '\\n')\n"
        'send(\'{"kind": "answer"}\\n{"kind": "done"}\\n\')\n'
    )
    message, _ = _ask()
    for _ in range(50):
        state = subprocess.run(
            ["ps", "-o", "stat=", "-p", str(message["pid"])], capture_output=True, text=True, check=False
        )
        if not state.stdout.strip() or state.stdout.startswith("Z"):
            break
        time.sleep(0.1)
    assert not state.stdout.strip() or state.stdout.startswith("Z")


def test_nothing_of_the_parents_environment_or_files_comes_along(
    child_runs: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "secret")
    child_runs(
        "send(json.dumps({'kind': 'answer', 'environment': dict(os.environ), 'cwd': os.getcwd(),"
        ' \'open\': os.listdir(\'/proc/self/fd\')}) + \'\\n{"kind": "answer"}\\n{"kind": "done"}\\n\')\n'
    )
    with open(__file__) as held:
        os.set_inheritable(held.fileno(), True)
        message, _ = _ask()
    # standard streams, the answers, and the listing itself
    assert len(message["open"]) == 5
    scratch = Path(message["cwd"])
    assert message["environment"] == dict(environment(scratch))
    assert not scratch.exists()


def test_the_interpreter_is_isolated() -> None:
    assert command()[:3] == [sys.executable, "-I", "-B"]
