/** Worlds on hosts whose kernel runs the modules itself, or audits. Exit status 1 when a test fails on one of them. */
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { runOnDebian } from './debian.ts';
import type { Host } from './host.ts';
import { runOnUml } from './uml.ts';

const HOSTS: readonly Host[] = [
  { name: 'debian-apparmor', kernel: 'debian', module: 'apparmor', enforcing: false },
  { name: 'debian-selinux', kernel: 'debian', module: 'selinux', enforcing: false },
  { name: 'debian-selinux-enforcing', kernel: 'debian', module: 'selinux', enforcing: true },
  { name: 'uml-apparmor', kernel: 'uml', module: 'apparmor', enforcing: false },
  { name: 'uml-selinux', kernel: 'uml', module: 'selinux', enforcing: false },
  { name: 'uml-selinux-enforcing', kernel: 'uml', module: 'selinux', enforcing: true },
  { name: 'uml-smack', kernel: 'uml', module: 'smack', enforcing: false },
  { name: 'uml-audit', kernel: 'uml', module: 'audit', enforcing: false },
];

/** The tests of worlds, without what takes long or asks nothing of the host. */
const NAMES = ['run', 'worlds', 'selinux', 'stacking', 'supervisor', 'mounts', 'mount-cache', 'kmsg', 'host-labels'];
const TESTS = [...NAMES.map((name) => `test/world/${name}.test.ts`), 'test/security/labels.test.ts'];

/** Where nobody else is disturbed by a rule: all of them. */
function testsOf({ module }: Host): readonly string[] {
  if (module !== 'audit') return TESTS;
  const names = readdirSync('test/world').filter((name) => name.endsWith('.test.ts'));
  return names.map((name) => `test/world/${name}`);
}

const HELP = `usage: npm run hosts -- [--only=NAME] [--json] [--output] [--labels] [TEST FILE...]

Boots kernels that run security modules themselves, and tests worlds there: whether labels and profiles of the host stay as they are, and
${TESTS.join(' ')}
On a host that audits: all of test/world, with a rule.

  debian-*   Debian's own kernel in QEMU, on the machine's processors where /dev/kvm lets it, else on emulated ones: hours
  uml-*      User-mode Linux: minutes
${HOSTS.map(({ name }) => `             ${name}`).join('\n')}

Needs root and the Debian packages qemu-system-x86 and user-mode-linux. A package with the kernel is downloaded once, and not installed.

  --only=NAME   the host NAME; with a star at its end, all that begin so
  --labels      labels and profiles only
  --json        one JSON object for each host: name, release, passed, failures, skips, seconds
  --output      what the tests print, also when they pass
  TEST FILE     other tests than these`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '*' },
    labels: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    output: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function isChosen({ name }: Host): boolean {
  return values.only.endsWith('*') ? name.startsWith(values.only.slice(0, -1)) : name === values.only;
}

async function runHost(host: Host, files: readonly string[]): Promise<void> {
  const start = Date.now();
  const { output, ...result } = await (host.kernel === 'debian' ? runOnDebian : runOnUml)(host, files);
  const { release, passed, failures, skips } = result;
  const seconds = Math.round((Date.now() - start) / 1000);
  if (failures.length > 0) process.exitCode = 1;
  if (values.json) {
    console.log(JSON.stringify({ name: host.name, ...result, seconds }));
    return;
  }
  if (values.output || failures.length > 0) console.log(output.trimEnd());
  for (const skip of skips) console.log(`skipped  ${skip}`);
  for (const failure of failures) console.log(`FAIL  ${failure}`);
  const skipped = skips.length > 0 ? `, ${skips.length} skipped` : '';
  console.log(`${host.name} (${release}): ${passed} passed, ${failures.length} failed${skipped}, ${seconds} s`);
}

if (values.help) console.log(HELP);
else {
  const chosen = HOSTS.filter(isChosen);
  if (chosen.length === 0) throw new Error(`no host ${values.only}: see --help`);
  for (const host of chosen) {
    await runHost(host, values.labels ? [] : positionals.length > 0 ? positionals : testsOf(host));
  }
}
