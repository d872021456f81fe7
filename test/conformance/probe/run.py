"""Runs steps: picks the code for each operation and writes its outcome."""
import json
import re

import calls
import children
import commands
import descriptors
import integrity
import klog
import lsm
import netlink_audit
import paths
import walk

SIMPLE = {**descriptors.STEPS, **paths.STEPS, **lsm.STEPS, **klog.STEPS, **commands.STEPS,
          **calls.STEPS, **integrity.STEPS, **netlink_audit.STEPS}
DESCRIBING = ("path", "to", "name", "cmd", "argv", "data", "flags", "do", "attr", "target")
LONGEST_DESCRIPTION = 160


def describe(step):
    """For readers of an outcome; comparison ignores it."""
    parts = []
    for name in DESCRIBING:
        if name in step:
            text = step[name] if isinstance(step[name], str) else json.dumps(step[name])
            parts.append(text if len(text) < LONGEST_DESCRIPTION else text[:LONGEST_DESCRIPTION - 3] + "...")
    return " ".join(parts)


def fill(template, row):
    """Replaces $name in a template of `each`; a string that is one $name takes the value with its type."""
    if isinstance(template, str):
        if template[:1] == "$" and template[1:] in row:
            return row[template[1:]]
        return re.sub(r"\$(\w+)", lambda token: str(row.get(token[1], token[0])), template)
    if isinstance(template, list):
        return [fill(part, row) for part in template]
    if isinstance(template, dict):
        return {name: fill(part, row) for name, part in template.items()}
    return template


def run_each(session, step, key):
    for index, row in enumerate(step["rows"]):
        values = dict(zip(step["names"], row if isinstance(row, list) else [row]))
        run_step(session, fill(step["do"], values), "%s.%d" % (key, index))


def run_simple(session, step, outcome):
    work = SIMPLE.get(step["op"])
    if work is None:
        raise ValueError("unknown operation %r" % step["op"])
    outcome.update(work(session, step))
    quiet = step.get("quiet") and "err" not in outcome and not outcome.get("rc")
    if not quiet:
        session.emit(outcome)


def run_step(session, step, key):
    if session.ended:
        return
    if "as" in step or step.get("forked"):
        children.step_as_other(run_step, session, step, key)
        return
    operation = step["op"]
    outcome = {"k": key, "op": operation, "what": describe(step)}
    if "note" in step:
        outcome["note"] = step["note"]
    if operation == "walk":
        walk.walk_step(session, step, key)
    elif operation == "calls":
        calls.calls_step(session, step, key)
    elif operation == "each":
        run_each(session, step, key)
    elif operation == "group":
        children.run_steps(run_step, session, key, step["steps"])
    elif operation in children.STEPS:
        children.STEPS[operation](run_step, session, step, key, outcome)
    else:
        run_simple(session, step, outcome)
