"""The fixture `lsm`."""

from typing import Any, Dict, List, Optional

import pytest

from . import kernel
from .denials import Denial, ask, denials


class Lsm:
    """The security modules under a test. What it changes is changed back when the test is over."""

    def __init__(self, program: Optional[str], since: float) -> None:
        self._program = program
        self._since = since
        self._booleans: Dict[str, bool] = {}
        self._enforcing: Optional[bool] = None

    @property
    def world(self) -> Optional[str]:
        """Name of the world; None on a machine that has the modules itself."""
        return kernel.world()

    @property
    def modules(self) -> List[str]:
        """Names of the modules that run."""
        return kernel.modules()

    def denials(self) -> List[Denial]:
        """What was refused since the test began."""
        return denials(*self._asked("denials"), self._since)

    def denied(self, **wanted: Any) -> bool:
        """Was something refused since the test began that has these fields? scontext, tcontext (a type will do), tclass, permission,
        and any other that a record has: profile, name, comm, ..."""
        return any(denial.matches(wanted) for denial in self.denials())

    def log(self) -> List[Dict[str, Any]]:
        """The world's log: each record a dict, as `lsmfs log --json` has it."""
        import json

        program, world = self._asked("log")
        return [json.loads(line) for line in ask(program, "log", "--json", world).stdout.splitlines()]

    def why(self, *words: str) -> str:
        """Why something is allowed or denied, in the words of `lsmfs why`; without words, the newest refusal."""
        program, world = self._asked("why")
        question = ["--last", world] if not words else [f"--world={world}", *words]
        return ask(program, "why", *question).stdout

    def allowed(self, *words: str) -> bool:
        """Is all that allowed, in the words of `lsmfs why`: source, target, class, permissions?"""
        program, world = self._asked("allowed")
        return ask(program, "why", f"--world={world}", *words).returncode == 0

    def setbool(self, name: str, value: bool) -> None:
        """Sets a boolean of SELinux's policy."""
        self._in_world("setbool")
        self._booleans.setdefault(name, kernel.boolean(name))
        kernel.set_boolean(name, value)

    def setenforce(self, value: bool) -> None:
        """Sets SELinux's mode."""
        self._in_world("setenforce")
        if self._enforcing is None:
            self._enforcing = kernel.enforcing()
        kernel.set_enforcing(value)

    def undo(self) -> None:
        """Changes back what was changed."""
        if self._enforcing is not None:
            kernel.set_enforcing(self._enforcing)
            self._enforcing = None
        for name, value in self._booleans.items():
            kernel.set_boolean(name, value)
        self._booleans.clear()

    def _in_world(self, what: str) -> str:
        """The machine's own policy is not changed by tests."""
        world = kernel.world()
        if world is None:
            pytest.skip(f"lsm.{what}() needs a world: pytest --lsm=selinux")
        return world

    def _asked(self, what: str) -> "tuple[str, str]":
        world = self._in_world(what)
        if self._program is None:
            pytest.skip(f"lsm.{what}() needs lsmfs on PATH")
        return self._program, world
