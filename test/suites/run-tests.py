#!/usr/bin/env python3
"""Runs commands one after the other, each in an empty directory of its own, and writes how they ended: a JSON line for each.

usage: run-tests.py RESULTS TESTS SECONDS [PROGRAM ARGUMENT...]

TESTS has a JSON list of {"name", "command"}; a command is for sh(1), which PROGRAM starts. What a test starts is killed with it, and its
loop devices are detached; after SECONDS it is killed and has the status null.
"""
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile


def detach_loops(place):
    for name in glob.glob('/sys/block/loop*/loop/backing_file'):
        try:
            with open(name) as file:
                is_ours = file.read().startswith(place + '/')
        except OSError:
            continue
        if is_ours:
            subprocess.run(['losetup', '--detach', '/dev/' + name.split('/')[3]], check=False)


def run(command, seconds, prefix):
    place = tempfile.mkdtemp(prefix='suite-')
    try:
        with tempfile.TemporaryFile() as output:
            test = subprocess.Popen(
                [*prefix, 'sh', '-c', command], cwd=place, env={**os.environ, 'TMPDIR': place}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            try:
                status = test.wait(seconds)
            except subprocess.TimeoutExpired:
                status = None
            try:
                os.killpg(test.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            test.wait()
            output.seek(0)
            return status, output.read().decode('utf-8', 'replace')
    finally:
        detach_loops(place)
        shutil.rmtree(place, ignore_errors=True)


def main():
    results, tests, seconds, *prefix = sys.argv[1:]
    with open(tests) as file:
        chosen = json.load(file)
    with open(results, 'w') as file:
        for number, test in enumerate(chosen, 1):
            status, output = run(test['command'], float(seconds), prefix)
            file.write(json.dumps({'name': test['name'], 'status': status, 'output': output}) + '\n')
            file.flush()
            if sys.stderr.isatty():
                print(f'\r{number} of {len(chosen)} ', end='', file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)


main()
