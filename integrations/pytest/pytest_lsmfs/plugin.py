"""pytest --lsm=selinux runs itself again in a world of lsmfs, where the marker `lsm` and the fixture `lsm` find what they need."""

import os
import shutil
import sys
import time
from typing import Iterator, List, Optional

import pytest

from . import kernel
from .denials import LsmfsError, denials, summary
from .fixture import Lsm

BEGAN = pytest.StashKey[float]()

#: Of `lsmfs run`: with what was left when pytest ended, or was killed, the world ends, too.
RUN = ["run", "--end-with-command"]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("lsmfs", "security modules (lsmfs)")
    group.addoption("--lsm", metavar="LIST", help="run in a world with these modules: selinux, apparmor, smack, ...; none: do not")
    group.addoption("--lsm-policy", metavar="POLICY", help="SELinux policy of the world: a name, a file, a directory (lsmfs run --policy)")
    group.addoption("--lsm-enforcing", action="store_true", default=None, help="the world enforces")
    parser.addini("lsm", "as --lsm")
    parser.addini("lsm_policy", "as --lsm-policy")
    parser.addini("lsm_enforcing", "as --lsm-enforcing", type="bool", default=False)
    parser.addini("lsm_options", "further options of lsmfs run", type="args", default=[])
    parser.addini("lsm_program", "path of lsmfs", default="lsmfs")


def _asked(config: pytest.Config, name: str) -> Optional[str]:
    return config.getoption(name) or config.getini(name) or None


def _lsm(config: pytest.Config) -> Optional[str]:
    asked = _asked(config, "lsm")
    return None if asked == "none" else asked


def _program(config: pytest.Config) -> Optional[str]:
    return shutil.which(config.getini("lsm_program"))


def run_options(config: pytest.Config) -> List[str]:
    """Of `lsmfs run`."""
    policy = _asked(config, "lsm_policy")
    return [
        f"--lsm={_lsm(config)}",
        *([] if policy is None else [f"--policy={policy}"]),
        *(["--enforcing"] if _asked(config, "lsm_enforcing") else []),
        *config.getini("lsm_options"),
    ]


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Becomes `lsmfs run ... -- python ...`, once: in a world there is nothing to do, and so in workers of pytest-xdist."""
    option = config.option
    if _lsm(config) is None or kernel.world() is not None or hasattr(config, "workerinput"):
        return
    if getattr(option, "help", False) or getattr(option, "version", 0) or getattr(option, "markers", False):
        return
    program = _program(config)
    if program is None:
        return
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.stop_global_capturing()
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(program, [program, *RUN, *run_options(config), "--", *_python()])


def _python() -> List[str]:
    """How this interpreter was started."""
    original = getattr(sys, "orig_argv", None)  # Python 3.10
    if original:
        return [sys.executable, *original[1:]]
    return [sys.executable, "-m", "pytest", *sys.argv[1:]]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "lsm(*modules, policy=None, enforcing=None): needs these security modules, SELinux with this policy, in this mode; "
        "skipped where there are none: pytest --lsm=selinux",
    )


def pytest_report_header(config: pytest.Config) -> Optional[str]:
    world = kernel.world()
    if world is not None:
        mode = {None: "", True: ", enforcing", False: ", permissive"}[kernel.enforcing()]
        return f"lsmfs: world {world}, lsm={','.join(kernel.modules())}{mode}"
    if _lsm(config) is not None:
        return f"lsmfs: {_missing(config)}; tests that need --lsm={_lsm(config)} are skipped"
    return None


def _missing(config: pytest.Config) -> str:
    return f"{config.getini('lsm_program')} is not on PATH"


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("lsm"):
        reason = _lacks(item.config, *marker.args, **marker.kwargs)
        if reason is not None:
            # At the place of the test, not of this line.
            raise pytest.skip.Exception(reason, _use_item_location=True)


def _lacks(
    config: pytest.Config, *modules: str, policy: Optional[str] = None, enforcing: Optional[bool] = None
) -> Optional[str]:
    """Why a test with this marker cannot run."""
    running = kernel.modules()
    missing = [name for name in modules if name not in running]
    if missing:
        fix = f"pytest --lsm={','.join(modules)}"
        if kernel.world() is not None:
            return f"the world lacks {', '.join(missing)}: {fix}"
        lacking = f", but {_missing(config)}" if _program(config) is None else ""
        return f"the kernel lacks {', '.join(missing)}: {fix} runs this in a world{lacking}"
    if policy is not None and kernel.policy() != policy:
        return f"policy '{policy}' is not loaded, but '{kernel.policy()}'; pytest --lsm=selinux --lsm-policy={policy}"
    if enforcing is not None and kernel.world() is None and kernel.enforcing() != enforcing:
        return f"SELinux is {'permissive' if enforcing else 'enforcing'} on this machine, which tests do not change"
    return None


@pytest.fixture
def lsm(request: pytest.FixtureRequest) -> Iterator[Lsm]:
    """The security modules under this test."""
    tested = Lsm(_program(request.config), request.node.stash[BEGAN])
    yield tested
    tested.undo()


@pytest.fixture(autouse=True)
def _lsm_mode(request: pytest.FixtureRequest) -> Iterator[None]:
    """The mode that the marker asks for."""
    marker = request.node.get_closest_marker("lsm")
    wanted = None if marker is None else marker.kwargs.get("enforcing")
    before = None if wanted is None or kernel.world() is None else kernel.enforcing()
    if before is None or before == wanted:
        yield
        return
    kernel.set_enforcing(wanted)
    yield
    kernel.set_enforcing(before)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    # As a record has it: in milliseconds.
    item.stash[BEGAN] = int(time.time() * 1000) / 1000


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()
    world = kernel.world()
    program = _program(item.config)
    if not report.failed or world is None or program is None:
        return
    try:
        found = denials(program, world, item.stash[BEGAN])
        text = summary(found)
    except LsmfsError as error:
        text = str(error)
    if text:
        shared = " (by tests of all workers)" if hasattr(item.config, "workerinput") else ""
        report.sections.append((f"lsmfs: refused during this test{shared}", text))
