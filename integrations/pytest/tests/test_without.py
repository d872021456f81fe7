"""Without a world: what is skipped, and why."""

import pytest


def test_six_tests_are_skipped_with_the_reason(suite):
    result = suite.runpytest_subprocess("-rs")
    result.assert_outcomes(skipped=6)
    result.stdout.fnmatch_lines(["SKIPPED*test_six_tests*the kernel lacks selinux: pytest --lsm=selinux runs this in a world"])


@pytest.mark.parametrize("arguments", [[], ["--lsm=selinux"], ["--lsm=selinux", "-n", "2"]])
def test_without_lsmfs_they_are_skipped_with_the_reason(suite, arguments):
    result = suite.runpytest_subprocess("-rs", "-o", "lsm_program=no-lsmfs-here", *arguments)
    result.assert_outcomes(skipped=6)
    result.stdout.fnmatch_lines(["SKIPPED*runs this in a world, but no-lsmfs-here is not on PATH"])


def test_another_world_is_a_reason(pytester):
    pytester.makepyfile(
        '''
        import pytest

        @pytest.mark.lsm("smack")
        def test_smack(): ...

        @pytest.mark.lsm("selinux", policy="mls")
        def test_mls(): ...

        @pytest.mark.lsm("selinux", policy="small")
        def test_small(): ...
        '''
    )
    result = pytester.runpytest_subprocess("--lsm=selinux", "--lsm-policy=small", "-rs")
    result.assert_outcomes(passed=1, skipped=2)
    result.stdout.fnmatch_lines_random(
        [
            "SKIPPED*the world lacks smack: pytest --lsm=smack",
            "SKIPPED*policy 'mls' is not loaded, but 'small'; pytest --lsm=selinux --lsm-policy=mls",
        ]
    )


def test_tests_without_the_marker_run(pytester):
    pytester.makepyfile("def test_one():\n    pass\n")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_what_would_change_the_machine_is_skipped(pytester):
    pytester.makepyfile("def test_bool(lsm):\n    lsm.setbool('httpd_enable_cgi', True)\n")
    result = pytester.runpytest_subprocess("-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["*lsm.setbool() needs a world: pytest --lsm=selinux"])
