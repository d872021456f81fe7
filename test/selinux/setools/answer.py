"""Answers questions about a policy with setools: what sesearch(1) and sedta(1) find.

Reads one JSON question a line, writes one JSON answer a line: `count` of lines and the SHA-256 of them, sorted; with --lines the lines.
"""
import hashlib
import json
import sys

import setools
from setools.exception import RuleNotConditional

ALLOW = ["allow", "allowxperm"]


class Listed:
    """A policy whose rules are made once, not for each question."""

    def __init__(self, policy):
        self._policy = policy
        self._rules = list(policy.terules())

    def __getattr__(self, name):
        return getattr(self._policy, name)

    def terules(self):
        return iter(self._rules)


policy = Listed(setools.SELinuxPolicy(sys.argv[1]))
with_lines = "--lines" in sys.argv
_members = {}
_conditions = {}


def members(type_or_attribute):
    name = str(type_or_attribute)
    if name not in _members:
        _members[name] = frozenset(map(str, type_or_attribute.expand()))
    return _members[name]


def condition(rule):
    """The booleans of its condition, its value for each of their values, and the value that puts it in force."""
    try:
        expression = rule.conditional
    except RuleNotConditional:
        return ""
    key = (str(expression), rule.conditional_block)
    if key not in _conditions:
        rows = [({str(name): value for name, value in row.values.items()}, row.result) for row in expression.truth_table()]
        names = sorted(rows[0][0])
        rows.sort(key=lambda row: [row[0][name] for name in names])
        values = "".join(str(int(result)) for _, result in rows)
        _conditions[key] = f"{','.join(names)} {values} {int(rule.conditional_block)}"
    return _conditions[key]


def line(rule):
    kind = str(rule.ruletype)
    head = f"{kind} {rule.source} {rule.target}:{rule.tclass}"
    if kind == "type_transition":
        what = str(rule.default)
    elif rule.extended:
        what = f"{rule.xperm_type} " + numbers(rule.perms)
    else:
        what = " ".join(sorted(rule.perms))
    return f"{head} {what} #{condition(rule)}"


def numbers(commands):
    return ",".join(str(command) for command in sorted(commands))


def access(question):
    """An attribute without types meets no rule; setools would leave it out of the question."""
    ends = [policy.lookup_type_or_attr(question[end]) for end in ("source", "target") if end in question]
    if not all(members(end) for end in ends):
        return []
    settings = {key: question[key] for key in ("source", "target") if key in question}
    if "class" in question:
        settings["tclass"] = [question["class"]]
    if question["permissions"]:
        settings["perms"] = question["permissions"]
    found = list(setools.TERuleQuery(policy, ruletype=ALLOW, **settings).results())
    return [line(rule) for rule in found] if question["asWritten"] else grants(found, question)


def grants(rules, question):
    """What the rules grant of what is wanted, type by type; under a condition only what is not granted without it."""
    wanted = {end: members(policy.lookup_type_or_attr(question[end])) for end in ("source", "target") if end in question}
    permissions = set(question["permissions"])
    granted = {}
    lines = []
    for rule in rules:
        sources = members(rule.source) & wanted["source"] if "source" in wanted else members(rule.source)
        targets = members(rule.target) & wanted["target"] if "target" in wanted else members(rule.target)
        name = str(rule.tclass)
        under = condition(rule)
        if rule.extended:
            what = f"{rule.xperm_type} {numbers(rule.perms)} #{under}"
            lines += [f"allowxperm {s} {t}:{name} {what}" for s in sources for t in targets]
            continue
        vector = frozenset(rule.perms & permissions if permissions else rule.perms)
        of = granted.setdefault(under, {})
        for source in sources:
            for target in targets:
                key = (source, target, name)
                of[key] = of[key] | vector if key in of else vector
    always = granted.get("", {})
    for under, of in granted.items():
        for (source, target, name), vector in of.items():
            more = vector - always.get((source, target, name), frozenset()) if under else vector
            if more:
                lines.append(f"allow {source} {target}:{name} {' '.join(sorted(more))} #{under}")
    return lines


analysis = None


def transitions(question):
    global analysis
    if analysis is None:
        analysis = setools.DomainTransitionAnalysis(policy._policy)
    modes = setools.DomainTransitionAnalysis.Mode
    analysis.source = question.get("source")
    analysis.target = question.get("target")
    analysis.depth_limit = 1
    if "source" in question and "target" in question:
        analysis.mode = modes.AllPaths if "steps" in question else modes.ShortestPaths
        if "steps" in question:
            analysis.depth_limit = question["steps"]
        return [path_line(path) for path in analysis.results()]
    analysis.mode = modes.TransitionsOut if "source" in question else modes.TransitionsIn
    return [text for step in analysis.results() for text in step_lines(step)]


def path_line(path):
    steps = list(path)
    return " ".join([str(steps[0].source)] + [str(step.target) for step in steps])


def step_lines(step):
    """Without what setools lists beside it: setexec and setcurrent on others, entrypoints whose type transition leads elsewhere."""
    head = f"{step.source} {step.target}"
    for kind in ("transition", "setexec", "dyntransition", "setcurrent"):
        for rule in getattr(step, kind):
            if kind.startswith("set") and str(step.source) not in members(rule.target):
                continue
            yield f"{head} {kind}: {line(rule)}"
    for entrypoint in step.entrypoints:
        if not step.setexec and not entrypoint.type_transition:
            continue
        for kind in ("entrypoint", "execute", "type_transition"):
            for rule in getattr(entrypoint, kind):
                yield f"{head} {kind} {entrypoint.name}: {line(rule)}"


ANSWERS = {"access": access, "transitions": transitions}

for asked in sys.stdin:
    question = json.loads(asked)
    lines = sorted(ANSWERS[question["kind"]](question))
    answer = {"count": len(lines), "sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()}
    if with_lines:
        answer["lines"] = lines
    print(json.dumps(answer), flush=True)
