/** Reads what a guest left: the report of vitest, the labels it saw, and what its module knew before and after. */
import path from 'node:path';
import * as v from 'valibot';
import type { GuestFiles, Host, HostResult } from './host.ts';

/** What vitest's JSON reporter writes, as far as it is read here. */
const REPORT = v.object({
  testResults: v.array(
    v.object({
      name: v.string(),
      message: v.string(),
      assertionResults: v.array(v.object({ fullName: v.string(), status: v.string() })),
    }),
  ),
});

interface Check {
  readonly title: string;
  readonly status: string;
}

/** Labels: what the host stored, what the world takes an unlabelled file for, what the world sets. As in guest-tests.sh. */
const LABELS = {
  selinux: {
    stored: 'system_u:object_r:shadow_t:s0',
    unlabelled: 'system_u:object_r:tmpfs_t:s0',
    set: 'system_u:object_r:etc_t:s0',
  },
  smack: { stored: 'Host', unlabelled: '_', set: 'World' },
};

const check = (title: string, right: boolean): Check => ({ title, status: right ? 'passed' : 'failed' });

function labelChecks(module: keyof typeof LABELS, text: string): Check[] {
  const { stored, unlabelled, set } = LABELS[module];
  const [first, ...lines] = text.trimEnd().split('\n');
  return [
    check('labels: the host has one', first === `host: file ${stored}`),
    check('labels: a world does not see it', lines.includes(`world: file ${unlabelled}`)),
    check('labels: a world sets that of a file', lines.includes(`world: file ${set}`)),
    check('labels: a world sets that of a directory', lines.includes(`world: dir ${set}`)),
    check('labels: the world ends well', lines.includes('status 0')),
    check('a world without the module has none of its files', lines.includes('without: 0')),
    check('below the files of a world are none of the host', lines.includes('below: 0')),
    check('labels: the file is as before', lines.at(-3) === `host: file ${stored}`),
    check('labels: the directory is as before', lines.at(-2) === 'host: dir as before'),
    check('labels: a new file is labelled by the host', lines.at(-1) === 'host: new as others'),
  ];
}

function testChecks(text: string): Check[] {
  if (text === '') return [check('the tests come to an end', false)];
  return v.parse(REPORT, JSON.parse(text)).testResults.flatMap(({ name, message, assertionResults }) => {
    const file = path.relative('.', name);
    // A file that could not be loaded has no tests.
    if (assertionResults.length === 0) return [check(`${file}: ${message}`, false)];
    return assertionResults.map(({ status, fullName }) => ({ status, title: `${file}: ${fullName}` }));
  });
}

export function readResult({ module }: Host, { read, console }: GuestFiles): HostResult {
  const before = read('before');
  const checks = [
    ...(module === 'selinux' || module === 'smack' ? labelChecks(module, read('labels')) : []),
    ...(read('files') === '' ? [] : testChecks(read('results.json'))),
    check(`what ${module} of the host knows is as before`, before !== '' && read('after') === before),
  ];
  const titles = (status: string) => checks.filter((one) => one.status === status).map(({ title }) => title);
  const failures = titles('failed');
  const passed = titles('passed').length;
  const skips = checks.filter(({ status }) => status !== 'failed' && status !== 'passed').map(({ title }) => title);
  const output = ['labels', 'output'].map(read).join('');
  return { release: read('kernel').trim(), passed, failures, skips, output: output === '' ? console : output };
}
