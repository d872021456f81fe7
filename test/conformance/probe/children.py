"""Steps that run other steps in a forked child, a thread or a re-executed probe, and watchers beside them."""
import json
import os
import select
import signal
import sys
import threading
import time

import syscalls
from commands import become
from descriptors import act, open_flags
from outcome import failure, show

PAGE = 4096


def line_of(value):
    return (json.dumps(value) + "\n").encode()


def read_all(fd):
    return b"".join(iter(lambda: os.read(fd, 65536), b""))


def parse_line(line):
    try:
        return json.loads(line)
    except ValueError:
        return {"k": "!", "raw": show(line)}


def child_body(work, session, pipe):
    """Runs in the child, never returns. An outcome with key `!` says that the work itself failed."""
    code = 0
    try:
        os.set_inheritable(pipe, True)
        work(session.forked(lambda outcome: os.write(pipe, line_of(outcome)), pipe))
    except OSError as error:
        os.write(pipe, line_of({"k": "!", **failure(error), "text": str(error)}))
        code = 9
    except BaseException as error:  # nothing may escape into the parent's code
        os.write(pipe, line_of({"k": "!", "crash": repr(error)}))
        code = 9
    os._exit(code)


def run_forked(session, work):
    """Outcomes of a forked child and its exit code (negative: the signal that ended it)."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        child_body(work, session, writing)
    os.close(writing)
    try:
        text = read_all(reading)
    except BaseException:
        os.kill(pid, signal.SIGKILL)
        raise
    finally:
        os.close(reading)
        _, status = os.waitpid(pid, 0)
    return [parse_line(line) for line in text.split(b"\n") if line.strip()], os.waitstatus_to_exitcode(status)


def relay(session, key, outcomes, **more):
    for outcome in outcomes:
        if outcome.get("k") == "!":
            outcome["k"] = key + "!"
        session.emit({**outcome, **more})


def run_steps(run, session, key, steps):
    for index, step in enumerate(steps):
        run(session, step, "%s.%s" % (key, step.get("id", index)))


def step_as_other(run, session, step, key):
    """A step marked `forked` or `as`: alone in a child, perhaps with another identity."""
    inner = {name: value for name, value in step.items() if name not in ("as", "forked")}

    def work(child):
        child.descriptors = {}
        if "as" in step:
            become(step["as"])
        run(child, inner, key)
    outcomes, _code = run_forked(session, work)
    relay(session, key, outcomes, **({"as": step["as"]} if "as" in step else {}))


def child_step(run, session, step, key, outcome):
    outcomes, code = run_forked(session, lambda child: run_steps(run, child, key, step["steps"]))
    relay(session, key, outcomes)
    if code != 0 or not step.get("quiet"):
        session.emit({**outcome, "exit": code})


def thread_step(run, session, step, key, _outcome):
    run_threads(run, session, {key: step["steps"]})


def together_step(run, session, step, key, _outcome):
    run_threads(run, session, {"%s.%d" % (key, index): steps for index, steps in enumerate(step["threads"])})


def run_threads(run, session, work):
    """A thread for each list of steps, at the same time; their outcomes in the order of the lists."""
    outcomes = {key: [] for key in work}
    threads = [threading.Thread(target=run_steps, args=(run, session.threaded(outcomes[key].append), key, steps),
                                daemon=True) for key, steps in work.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for outcome in sum(outcomes.values(), []):
        session.emit(outcome)


def reexec_step(_run, session, step, key, outcome):
    """Replaces a child by a fresh probe (execve), which goes on with the inner steps."""
    argv = [sys.executable, "-I", "-S", "-B", os.path.dirname(os.path.abspath(__file__)), "--inline",
            str(session.pipe), key, session.base, session.scratch, json.dumps(step["steps"])]
    try:
        os.execv(argv[0], argv)
    except OSError as error:
        session.emit({**outcome, **failure(error, "exec")})


def map_watch_step(run, session, step, key, outcome):
    """Keeps a shared mapping of a file and shows it after every inner step."""
    try:
        fd = os.open(session.text(step["path"]), os.O_RDONLY)
        try:
            address = syscalls.map_file(fd, PAGE, "r", "shared")
        finally:
            os.close(fd)
    except OSError as error:
        session.emit({**outcome, **failure(error)})
        return

    def show_map(at):
        session.emit({"k": at + ".map", "op": step["op"], "what": step["path"],
                      "map": show(syscalls.memory(address, step.get("take", 20)))})
    show_map(key)
    for index, inner in enumerate(step["steps"]):
        run(session, inner, "%s.%d" % (key, index))
        time.sleep(step.get("settle", 0.05))
        show_map("%s.%d" % (key, index))
    syscalls.unmap(address, PAGE)


def blocked_reader(session, step, pipe):
    try:
        fd = os.open(session.text(step["path"]), open_flags(step.get("flags"), os.O_RDONLY))
        for actions in (step.get("first", ()), step["do"]):
            os.write(pipe, line_of([act(session, fd, action) for action in actions]))
    except OSError as error:
        os.write(pipe, line_of(failure(error, "open")))
    os._exit(0)


def blocked_step(run, session, step, key, outcome):
    """A child blocks in `do`; the inner steps should wake it."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        blocked_reader(session, step, writing)
    os.close(writing)
    with os.fdopen(reading, "r") as lines:
        outcome["first"] = json.loads(lines.readline() or "null")
        outcome["blocked"] = not select.select([lines], [], [], step.get("wait", 0.5))[0]
        for index, inner in enumerate(step["steps"]):
            run(session, inner, "%s.%d" % (key, index))
        if select.select([lines], [], [], step.get("limit", 5))[0]:
            text = lines.readline()
            outcome["then"] = json.loads(text) if text else "EOF"
        else:
            outcome["then"] = "still blocked"
            os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    session.emit(outcome)


STEPS = {"child": child_step, "thread": thread_step, "together": together_step, "reexec": reexec_step, "mmapwatch": map_watch_step,
         "blocked": blocked_step}
