"""These tests run outside of a world, with lsmfs on PATH."""

import pytest

pytest_plugins = ["pytester"]

SIX = '''
    import subprocess
    import pytest
    import selinux

    pytestmark = pytest.mark.lsm("selinux")

    def test_enabled():
        assert selinux.is_selinux_enabled() == 1

    def test_context():
        assert selinux.getcon()[1].startswith("unconfined_u:")

    def test_boolean(lsm):
        lsm.setbool("httpd_enable_cgi", False)
        assert selinux.security_get_boolean_active("httpd_enable_cgi") == 0

    def test_boolean_is_back():
        assert selinux.security_get_boolean_active("httpd_enable_cgi") == 1

    @pytest.mark.lsm("selinux", enforcing=True)
    def test_refused(lsm):
        assert subprocess.run(["runcon", "-t", "httpd_t", "cat", "/etc/shadow"]).returncode != 0
        assert lsm.denied(scontext="httpd_t", tcontext="shadow_t", tclass="file", permission="read")

    def test_label_of_a_file():
        assert selinux.matchpathcon("/etc/shadow", 0)[1].split(":")[2] == "shadow_t"
'''


@pytest.fixture
def suite(pytester):
    """A suite of six tests that need SELinux."""
    pytester.makepyfile(SIX)
    return pytester


@pytest.fixture
def world(pytester):
    """Runs pytest in a world."""

    def run(*arguments):
        return pytester.runpytest_subprocess("--lsm=selinux", "--lsm-policy=small", *arguments)

    return run
