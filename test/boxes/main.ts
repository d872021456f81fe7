/** `npm run boxes`: runs every box, and compares with docs/reports/boxes.md, or writes it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { GROUPS } from './boxes.ts';
import { page, textOf } from './page.ts';
import { type Outcome, runBox } from './run-box.ts';

const PAGE = path.resolve(import.meta.dirname, '../../docs/reports/boxes.md');
const USAGE = `Usage: npm run boxes -- [--only=TEXT] [--write]

As root, with podman, runc, systemd-container, mmdebstrap, bubblewrap, busybox-static, musl, docker.io and docker-cli; what lacks its program is not tried.
Exit status 1 when a row is not as the page has it, or no single cause is told.

  --only=TEXT   boxes whose names contain it
  --write       docs/reports/boxes.md
`;

const {
  help,
  only = '',
  write,
} = parseArgs({
  options: { help: { type: 'boolean' }, only: { type: 'string' }, write: { type: 'boolean' } },
}).values;
if (help === true) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const before = readFileSync(PAGE, { encoding: 'utf8', flag: 'a+' });
const outcomes = new Map<string, Outcome>();
for (const { boxes } of GROUPS) {
  for (const box of boxes.filter(({ name }) => name.includes(only))) {
    const outcome = await runBox(box);
    outcomes.set(box.name, outcome);
    const row = `| ${box.name} | ${textOf(outcome)} |`;
    const differs = write !== true && !before.includes(`${row}\n`);
    if (outcome.kind === 'wrong' || (differs && outcome.kind !== 'not-tried')) process.exitCode = 1;
    process.stdout.write(`${differs ? 'differs ' : ''}${row}\n`);
  }
}
if (write === true) writeFileSync(PAGE, page(GROUPS, outcomes, before));
