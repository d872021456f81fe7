/**
 * Cost of AppArmor's interfaces, measured through the files as a program uses them, without a transport: loading a set of profiles, .access
 * queries, printing labels, a thousand namespaces.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createWorld, type World, type WorldTask } from '../lsm/library/index.ts';
import { elapsed, median } from './statistics.ts';

const PROFILES = path.resolve(import.meta.dirname, '../test/conformance/scenarios/data/aa');
const APPARMOR = '/sys/kernel/security/apparmor';
const ROUNDS = 5;
const QUERIES = 5000;
const LABELS = 5000;
const NAMESPACES = 1000;

export interface ApparmorBenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export function benchApparmor(): ApparmorBenchRow[] {
  const world = createWorld({ lsm: 'apparmor' });
  const task = world.spawn();
  const blob = readFileSync(path.join(PROFILES, 'execs.bin'));
  const names = ['simple', 'hatty', 'wide', 'wide2'];
  for (const name of names)
    world.fs.writeFileSync(`${APPARMOR}/.replace`, readFileSync(path.join(PROFILES, `${name}.bin`)));
  return [
    { name: `profile load, ${Math.round(blob.length / 1024)} KiB`, value: loadTime(world, blob), unit: 'ms' },
    { name: '.access queries', value: queryRate(world), unit: '/s' },
    { name: 'label of a stack printed', value: printRate(task), unit: '/s' },
    { name: `${NAMESPACES} namespaces made and listed`, value: namespaceTime(world), unit: 'ms' },
  ];
}

function loadTime({ fs }: World, blob: Uint8Array): number {
  const times = Array.from({ length: ROUNDS }, () =>
    elapsed(() => {
      fs.writeFileSync(`${APPARMOR}/.replace`, blob);
    }),
  );
  return round(median(times));
}

function queryRate({ fs }: World): number {
  const fd = fs.openSync(`${APPARMOR}/.access`, 'r+');
  const answer = Buffer.alloc(67);
  const rates = Array.from({ length: ROUNDS }, () =>
    rate(QUERIES, (index) => {
      fs.writeSync(fd, `label\0simple\0\x02/etc/passwd${index % 100}`, 0);
      fs.readSync(fd, answer, 0, answer.length, 0);
    }),
  );
  fs.closeSync(fd);
  return Math.round(median(rates));
}

function printRate(task: WorldTask): number {
  const file = `/proc/${task.tid}/attr/current`;
  task.fs.writeFileSync(file, 'changeprofile wide//&wide2//&unconfined');
  return Math.round(median(Array.from({ length: ROUNDS }, () => rate(LABELS, () => task.fs.readFileSync(file)))));
}

function namespaceTime({ fs }: World): number {
  const blob = readFileSync(path.join(PROFILES, 'simple.bin'));
  return round(
    elapsed(() => {
      for (let index = 0; index < NAMESPACES; index++) {
        const directory = `${APPARMOR}/policy/namespaces/n${index}`;
        fs.mkdirSync(directory);
        fs.writeFileSync(`${directory}/.load`, blob);
      }
      fs.readdirSync(`${APPARMOR}/policy/namespaces`);
      fs.readFileSync(`${APPARMOR}/profiles`);
    }),
  );
}

function rate(count: number, work: (index: number) => unknown): number {
  const ms = elapsed(() => {
    for (let index = 0; index < count; index++) work(index);
  });
  return (count * 1000) / ms;
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
