"""Compares two policies with setools, as sediff(1) does: one line for each difference, in the words of differences.ts."""
import re
import sys
from itertools import chain

import setools
from setools.exception import RuleNotConditional

left, right = (setools.SELinuxPolicy(name) for name in sys.argv[1:3])
diff = setools.PolicyDifference(left, right)


def text(value):
    """Ranges as the kernel writes them: without blanks, two categories with a comma; none without MLS."""
    if str(value) == "None (MLS Disabled)":
        return ""
    return re.sub(r"c(\d+)\.c(\d+)", two_categories, str(value).replace(" - ", "-"))


def two_categories(pair):
    first, last = map(int, pair.groups())
    return f"c{first},c{last}" if last == first + 1 else pair.group()


def names(values):
    return ",".join(sorted(text(value) for value in values))


def condition(rule):
    """As in answer.py."""
    try:
        expression = rule.conditional
    except RuleNotConditional:
        return ""
    rows = [({str(name): value for name, value in row.values.items()}, row.result) for row in expression.truth_table()]
    booleans = sorted(rows[0][0])
    rows.sort(key=lambda row: [row[0][name] for name in booleans])
    return f"{','.join(booleans)} {''.join(str(int(result)) for _, result in rows)} {rule.conditional_block}"


def symbols(section, plural, parts=()):
    """Named things: what changed in them is in `added_PART` and `removed_PART`."""
    for sign, change in (("+", "added"), ("-", "removed")):
        for symbol in getattr(diff, f"{change}_{plural}"):
            yield f"{section} {sign} {symbol}"
    modified = getattr(diff, f"modified_{plural}", {}) if parts else {}
    for symbol, changes in modified.items():
        yield from changed(section, symbol, changes, parts)


def changed(section, symbol, changes, parts):
    for part, word in parts:
        added, removed = (getattr(changes, f"{change}_{word}") for change in ("added", "removed"))
        sets = [one if isinstance(one, (set, frozenset)) else {one} for one in (added, removed)]
        if sets[0] != sets[1]:
            yield f"{section} ~ {symbol} {part} +{names(sets[0])} -{names(sets[1])}"


def rules(section, plural, part, name, value, old, new):
    """Rules that say one thing."""
    for sign, change in (("+", "added"), ("-", "removed")):
        for rule in getattr(diff, f"{change}_{plural}"):
            yield f"{section} {sign} {name(rule)} {part} {value(rule)}"
    for modified in getattr(diff, f"modified_{plural}"):
        added, removed = getattr(modified, new), getattr(modified, old)
        if added or removed:
            yield f"{section} ~ {name(modified.rule)} {part} +{names(as_set(added))} -{names(as_set(removed))}"


def as_set(value):
    return value if isinstance(value, (set, frozenset)) else {value}


def head(rule):
    where = condition(rule) if hasattr(rule, "conditional") else ""
    return f"{rule.ruletype} {rule.source} {rule.target}:{rule.tclass} #{where}"


def vectors(kind):
    return rules(kind, f"{kind}s", "permissions", head, lambda rule: names(rule.perms), "removed_perms", "added_perms")


def command_head(rule):
    where = condition(rule)
    return f"{rule.ruletype} {rule.source} {rule.target}:{rule.tclass} {rule.xperm_type} #{where}"


def commands(kind):
    """Of a rule that one policy has, setools tells the commands of one driver."""
    return rules(kind, f"{kind}s", "commands", command_head, lambda rule: "", "removed_perms", "added_perms")


def type_head(rule):
    try:
        name = f' "{rule.filename}"'
    except Exception:  # a rule without a name
        name = ""
    return f"{rule.ruletype} {rule.source} {rule.target}:{rule.tclass}{name} #{condition(rule)}"


def type_rules(kind):
    return rules(kind, f"{kind}s", "type", type_head, lambda rule: rule.default, "removed_default", "added_default")


def constraint(rule):
    permissions = "" if "validatetrans" in str(rule.ruletype) else f" {names(rule.perms)}"
    return f"{rule.ruletype} {rule.tclass}{permissions}"


def constraints():
    for plural in ("constrains", "mlsconstrains", "validatetrans", "mlsvalidatetrans"):
        for sign, change in (("+", "added"), ("-", "removed")):
            for rule in getattr(diff, f"{change}_{plural}"):
                yield f"constraints {sign} {constraint(rule)}"


def labelled(section, plural, name):
    return rules(
        section, plural, "context", name, lambda rule: text(rule.context), "removed_context", "added_context"
    )


def initial_sids():
    yield from (f"initial_sids + {sid} context {text(sid.context)}" for sid in diff.added_initialsids)
    yield from (f"initial_sids - {sid} context {text(sid.context)}" for sid in diff.removed_initialsids)
    for sid, changes in diff.modified_initialsids.items():
        yield from changed("initial_sids", sid, changes, [("context", "context")])


def properties():
    for change in diff.modified_properties:
        value = (lambda one: str(one).lower()) if change.property == "MLS" else str
        yield f"properties ~ {change.property.lower()} value +{value(change.added)} -{value(change.removed)}"


def interval(low, high):
    return str(low) if low == high else f"{low}-{high}"


FILE_TYPES = {"--": "file", "-b": "blk_file", "-c": "chr_file", "-d": "dir", "-l": "lnk_file", "-p": "fifo_file", "-s": "sock_file"}


def genfscon(rule):
    kind = str(rule.filetype).strip()
    return f"genfscon {rule.fs} {rule.path}{' ' + FILE_TYPES[kind] if kind else ''}"


def default_head(rule):
    return f"{rule.ruletype} {rule.tclass}"


def defaults():
    for sign, change in (("+", "added"), ("-", "removed")):
        for rule in getattr(diff, f"{change}_defaults"):
            yield f"defaults {sign} {default_head(rule)} value {default_value(rule.default, getattr(rule, 'default_range', None))}"
    for changes in diff.modified_defaults:
        rule = changes.rule
        old = (changes.removed_default or rule.default, changes.removed_default_range or getattr(rule, "default_range", None))
        new = (changes.added_default or rule.default, changes.added_default_range or getattr(rule, "default_range", None))
        yield f"defaults ~ {default_head(rule)} value +{default_value(*new)} -{default_value(*old)}"


def default_value(default, levels):
    return str(default) if levels is None else f"{default} {str(levels).replace('_', '-')}"


def bounds():
    return rules(
        "bounds", "typebounds", "parent", lambda rule: f"typebounds {rule.child}", lambda rule: rule.parent, "removed_bound", "added_bound"
    )


def nodecon(rule):
    address, mask = rule.network.with_netmask.split("/")
    return f"nodecon {address} {mask}"


SECTIONS = [
    properties(),
    symbols("capabilities", "polcaps"),
    symbols("commons", "commons", [("permissions", "perms")]),
    symbols("classes", "classes", [("permissions", "perms")]),
    defaults(),
    symbols("types", "types", [("attributes", "attributes"), ("aliases", "aliases")]),
    (f"types ~ {one} flags {'-' if changes.permissive else '+'}permissive" for one, changes in diff.modified_types.items() if changes.modified_permissive),
    symbols("attributes", "type_attributes", [("types", "types")]),
    bounds(),
    symbols("roles", "roles", [("types", "types")]),
    symbols("users", "users", [("roles", "roles"), ("level", "level"), ("range", "range")]),
    symbols("booleans", "booleans", [("value", "state")]),
    symbols("sensitivities", "sensitivities", [("aliases", "aliases")]),
    (line for changes in diff.modified_levels for line in changed("sensitivities", changes.level.sensitivity, changes, [("categories", "categories")])),
    symbols("categories", "categories", [("aliases", "aliases")]),
    *(vectors(kind) for kind in ("allow", "auditallow", "dontaudit")),
    *(type_rules(kind) for kind in ("type_transition", "type_change", "type_member")),
    *(commands(kind) for kind in ("allowxperm", "auditallowxperm", "dontauditxperm")),
    (f"role_allow {sign} allow {rule.source} {rule.target}" for sign, found in (("+", diff.added_role_allows), ("-", diff.removed_role_allows)) for rule in found),
    rules("role_transition", "role_transitions", "role", lambda rule: f"role_transition {rule.source} {rule.target}:{rule.tclass}", lambda rule: rule.default, "removed_default", "added_default"),
    rules("range_transition", "range_transitions", "range", lambda rule: f"range_transition {rule.source} {rule.target}:{rule.tclass}", lambda rule: text(rule.default), "removed_default", "added_default"),
    constraints(),
    initial_sids(),
    labelled("fs_use", "fs_uses", lambda rule: f"{rule.ruletype} {rule.fs}"),
    labelled("genfscon", "genfscons", genfscon),
    labelled("portcon", "portcons", lambda rule: f"portcon {rule.protocol} {interval(*rule.ports)}"),
    labelled("netifcon", "netifcons", lambda rule: f"netifcon {rule.netif}"),
    labelled("nodecon", "nodecons", nodecon),
    labelled("ibpkeycon", "ibpkeycons", lambda rule: f"ibpkeycon {rule.subnet_prefix} {interval(*rule.pkeys)}"),
    labelled("ibendportcon", "ibendportcons", lambda rule: f"ibendportcon {rule.name} {rule.port}"),
]

for line in sorted(chain(*SECTIONS)):
    print(line)
