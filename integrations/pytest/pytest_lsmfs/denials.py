"""What the modules of a world have refused, as `lsmfs log --denials` tells it."""

import json
import subprocess
from dataclasses import dataclass, field
from typing import Any, Dict, Iterable, List


@dataclass(frozen=True)
class Denial:
    """One record of a refusal."""

    #: Name of the module.
    module: str
    #: Who was refused, and what was to be used: a type, a profile, a label, a path.
    subject: str
    object: str
    #: A class or an operation, and permissions.
    kind: str
    access: str
    #: It was only recorded: the access was let through.
    permissive: bool
    #: The module's answer: the rule that is missing, and what to do.
    why: str
    #: Of the audit record: scontext, tclass, comm, ...; text, or several words.
    fields: Dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        title = " ".join(word for word in (self.subject, "->", self.object, self.kind, self.access) if word)
        return f"{self.module}: {title}" + (" (permissive: let through)" if self.permissive else "")

    def matches(self, wanted: Dict[str, Any]) -> bool:
        """Does it have all of these? A type, or a whole context, for scontext and tcontext; one of the permissions for permission."""
        return all(self._has(name, str(value)) for name, value in wanted.items())

    def _has(self, name: str, value: str) -> bool:
        if name == "permission":
            return value in self.access.split() or value == self.access
        if name in ("module", "subject", "object", "kind", "access"):
            return value == getattr(self, name)
        found = self.fields.get(name)
        if name in ("scontext", "tcontext") and isinstance(found, str):
            return value in (found, *found.split(":")[2:3])
        return found is not None and value == str(found)


class LsmfsError(Exception):
    """lsmfs itself failed; the text is what it says."""


def ask(program: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Runs lsmfs. Its texts are bytes, one character each."""
    done = subprocess.run([program, *arguments], capture_output=True, encoding="latin-1", check=False)
    if done.returncode >= 125:
        raise LsmfsError(done.stderr.strip())
    return done


def denials(program: str, world: str, since: float) -> List[Denial]:
    """Those of a world since this time."""
    done = ask(program, "log", "--denials", "--why", "--json", f"--since={since:.3f}", world)
    return [_denial(json.loads(line)) for line in done.stdout.splitlines()]


def _denial(record: Dict[str, Any]) -> Denial:
    about = record["refusal"]
    names = ("module", "subject", "object", "kind", "access", "permissive")
    return Denial(**{name: about[name] for name in names}, why=record.get("why", ""), fields=record.get("fields", {}))


def summary(found: Iterable[Denial]) -> str:
    """Each refusal once, with its number, rule and fix."""
    counts: Dict[str, int] = {}
    first: Dict[str, Denial] = {}
    for denial in found:
        title = str(denial)
        counts[title] = counts.get(title, 0) + 1
        first.setdefault(title, denial)
    sections = []
    for title, denial in first.items():
        times = "" if counts[title] == 1 else f", {counts[title]} times"
        why = "\n".join(f"  {line}" for line in denial.why.splitlines())
        sections.append(f"{title}{times}\n{why}".rstrip())
    return "\n".join(sections)
