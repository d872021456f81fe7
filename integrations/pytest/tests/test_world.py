"""Suites in worlds: what passes, what is told of what fails, and what remains."""

import os
import signal
import subprocess
import sys
import time

REFUSED = '''
    import subprocess
    import pytest

    @pytest.mark.lsm("selinux", enforcing=True)
    def test_page():
        for _ in range(3):
            page = subprocess.run(["runcon", "-t", "httpd_t", "cat", "/etc/shadow"])
        assert page.returncode == 0
'''


def test_six_tests_pass_in_a_world(suite, world):
    result = world()
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["lsmfs: world *, lsm=*selinux*, permissive"])


def test_they_pass_in_workers(suite, world):
    result = world("-n", "4")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(["*4 workers*"])


def test_coverage_is_measured_in_a_world(pytester, world):
    pytester.makepyfile(covered="def half(on):\n    if on:\n        return 1\n    return 2\n")
    pytester.makepyfile(test_covered="import covered\n\ndef test_half():\n    assert covered.half(True) == 1\n")
    for arguments in ([], ["-n", "2"]):
        result = world("--cov=covered", "--cov-report=term-missing", *arguments)
        result.assert_outcomes(passed=1)
        result.stdout.re_match_lines([r"covered\.py +4 +1 +75% +4"])


def test_a_failed_test_tells_what_was_refused(pytester, world):
    pytester.makepyfile(REFUSED)
    for arguments, workers in ([], ""), (["-n", "2"], " (by tests of all workers)"):
        result = world(*arguments)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                f"*lsmfs: refused during this test{workers}*",
                "selinux: httpd_t -> shadow_t file read, 3 times",
                "  denied  read",
                "      allow httpd_t shadow_t:file read;",
            ]
        )


def test_what_was_refused_before_is_not_told(pytester, world):
    pytester.makepyfile(REFUSED.replace("== 0", "!= 0") + "\n    def test_other():\n        assert False\n")
    result = world()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*refused during this test*")


def test_the_fixture_asks_the_world(pytester, world):
    pytester.makepyfile(
        '''
        import subprocess
        import pytest

        WEB, SHADOW = "system_u:system_r:httpd_t:s0", "system_u:object_r:shadow_t:s0"

        def test_questions(lsm):
            assert "selinux" in lsm.modules and lsm.world
            assert lsm.denials() == []
            assert not lsm.allowed(WEB, SHADOW, "file", "read")
            assert "allow httpd_t shadow_t:file read;" in lsm.why(WEB, SHADOW, "file", "read")
            lsm.setenforce(True)
            subprocess.run(["runcon", "-t", "httpd_t", "cat", "/etc/shadow"])
            [denial] = lsm.denials()
            assert (denial.subject, denial.object, denial.kind, denial.permissive) == ("httpd_t", "shadow_t", "file", False)
            assert "no allow rule" in denial.why and denial.why in lsm.why()
            assert lsm.denied(tclass="file", comm="cat") and not lsm.denied(tclass="dir")
            assert not lsm.denied(scontext="httpd_t", permission="write")
            assert any(record.get("type") == "AVC" for record in lsm.log())

        def test_mode_is_back(lsm):
            assert open("/sys/fs/selinux/enforce").read() == "0"
            assert lsm.denials() == []
        '''
    )
    world().assert_outcomes(passed=2)


def test_ini_settings_and_apparmor(pytester):
    pytester.makeini("[pytest]\nlsm = apparmor\nlsm_options = --name=from-the-ini-file\n")
    pytester.makepyfile(
        '''
        import subprocess
        import pytest

        PROFILE = "profile web { /{usr/,}{bin,lib,lib64}/** mrix, /etc/ld.so.cache r, }"

        @pytest.mark.lsm("apparmor")
        def test_profile(lsm):
            assert lsm.world == "from-the-ini-file"
            subprocess.run(["apparmor_parser", "-qKr"], input=PROFILE, text=True, check=True)
            subprocess.run(["aa-exec", "-p", "web", "--", "cat", "/etc/shadow"])
            assert lsm.denied(profile="web", name="/etc/shadow", permission="r")
        '''
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
    result = pytester.runpytest_subprocess("--lsm=none", "-rs")
    result.assert_outcomes(skipped=1)


def test_the_command_line_arrives_as_it_was(pytester, world):
    pytester.makepyfile("def test_one():\n    pass\n\ndef test_a_b():\n    pass\n")
    result = world("-k", "one or (a and b)", "-v")
    result.stdout.fnmatch_lines(["*::test_one PASSED*", "*::test_a_b PASSED*"])
    assert pytester.runpytest_subprocess("--lsm=selinux", "--help").ret == 0
    assert pytester.runpytest_subprocess("--lsm=selinx").ret == 125


def test_a_killed_runner_leaves_no_world(pytester):
    pytester.makepyfile(
        '''
        import os, subprocess, time

        def test_long():
            subprocess.Popen(["setsid", "sleep", "1000"])
            open("started", "a").write(os.environ["LSMFS_WORLD"])
            time.sleep(1000)
        '''
    )
    for arguments in [], ["-n", "2"]:
        started = pytester.path / "started"
        command = [sys.executable, "-m", "pytest", "--lsm=selinux", *arguments]
        runner = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        world = _until(lambda: started.exists() and started.read_text(), 60)
        os.kill(runner.pid, signal.SIGKILL)
        runner.wait()
        assert _until(lambda: world not in _worlds(), 60), "the world has not ended"
        assert _until(lambda: not _members(world), 60), "its processes have not ended"
        started.unlink()


def _until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    return None


def _worlds():
    return subprocess.run(["lsmfs", "ps"], capture_output=True, text=True, check=True).stdout


def _members(world):
    """Processes that have the name of the world in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                if f"LSMFS_WORLD={world}\0".encode() in file.read():
                    found.append(pid)
        except OSError:
            pass
    return found
