"""The conformance probe: runs a scenario and prints one JSON line per outcome. Needs nothing but Python 3's own library.

    python3 -I -B test/conformance/probe SCENARIO.json [--step-timeout SECONDS]

The format of scenarios and outcomes is in ../README.md. The same probe runs in a real kernel and in a world of lsmfs.
"""
import json
import os
import signal
import sys
import warnings

import syscalls
from children import line_of, run_steps
from commands import run_command
from run import describe, run_step
from session import Session

SCRATCH = "/run/oracle-scratch"
SETUP_SECONDS = 300
STEP_SECONDS = 200


class StepTimeout(Exception):
    """A step of the scenario did not return."""


def on_alarm(_signal, _frame):
    raise StepTimeout()


def end_left_processes():
    """Kills what a step that did not return has started: everything younger than the probe in its process group."""
    group, start = os.getpgid(0), start_time(os.getpid())
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            if os.getpgid(int(name)) == group and start_time(int(name)) >= start:
                os.kill(int(name), signal.SIGKILL)
        except OSError:
            pass  # it has ended


def start_time(pid):
    """In clock ticks since boot: the 22nd field of stat, counted behind the name."""
    with open("/proc/%d/stat" % pid, encoding="latin-1") as source:
        return int(source.read().rpartition(")")[2].split()[19])


def emit(outcome):
    sys.stdout.write(json.dumps(outcome) + "\n")
    sys.stdout.flush()


def make_scratch():
    """The scratch folder: a tmpfs, so that its labels do not depend on the root file system."""
    path = os.environ.get("ORACLE_SCRATCH", SCRATCH)
    os.makedirs(path, exist_ok=True)
    if os.environ.get("ORACLE_SCRATCH_TMPFS", "1") == "1":
        syscalls.mount("tmpfs", path, "tmpfs", 0, "mode=1777")
    return path


def set_up(session, commands):
    for index, command in enumerate(commands):
        outcome = run_command(session, {"cmd": command, "timeout": SETUP_SECONDS})
        if outcome.get("rc") != 0:
            emit({"k": "setup.%d" % index, "op": "setup", "what": command, **outcome})


def run_scenario(path, step_seconds):
    with open(path, encoding="utf-8") as source:
        scenario = json.load(source)
    session = Session(os.path.dirname(path), make_scratch(), emit)
    set_up(session, scenario.get("setup", ()))
    for index, step in enumerate(scenario["steps"]):
        key = str(step.get("id", index))
        signal.alarm(step_seconds)
        try:
            run_step(session, step, key)
        except Exception as error:  # one broken step must not hide the others
            emit({"k": key + "!", "op": step.get("op"), "what": describe(step), "crash": repr(error)})
            if isinstance(error, StepTimeout):
                end_left_processes()
        signal.alarm(0)
    emit({"k": "end", "op": "end", "steps": len(scenario["steps"])})


def run_inline(pipe, key, base, scratch, steps):
    """The second half of a `reexec` step: outcomes go to the pipe of the child that was replaced."""
    session = Session(base, scratch, lambda outcome: os.write(pipe, line_of(outcome)), pipe)
    run_steps(run_step, session, key, steps)


def main(arguments):
    warnings.simplefilter("ignore")
    os.umask(0o022)
    if os.getuid() == 0 and os.getpriority(os.PRIO_PROCESS, 0) != 0:
        os.setpriority(os.PRIO_PROCESS, 0, 0)  # whatever the suite was started with
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, on_alarm)
    if arguments[:1] == ["--inline"]:
        pipe, key, base, scratch, steps = arguments[1:]
        run_inline(int(pipe), key, base, scratch, json.loads(steps))
        return 0
    if len(arguments) not in (1, 3) or arguments[1:2] not in ([], ["--step-timeout"]):
        print("usage: probe SCENARIO.json [--step-timeout SECONDS]", file=sys.stderr)
        return 2
    run_scenario(os.path.abspath(arguments[0]), int(arguments[2]) if len(arguments) == 3 else STEP_SECONDS)
    return 0


sys.exit(main(sys.argv[1:]))
