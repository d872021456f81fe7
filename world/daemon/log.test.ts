import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseLine } from '../log/line.ts';
import { WorldDirectory } from '../registry/directory.ts';
import { DaemonLog } from './log.ts';

let root: string;
let world: WorldDirectory;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'lsmfs-log-'));
  world = new WorldDirectory(root, 'w');
  mkdirSync(world.path);
});

afterEach(() => rmSync(root, { recursive: true }));

const records = (file: string) => readFileSync(file, 'latin1').trimEnd().split('\n').map(parseLine);

it('has kernel messages, audit records, and troubles', () => {
  const log = DaemonLog.ofWorld(world, undefined);
  log.print('Toy:  Initializing.');
  log.audit(1404, 'enforcing=1 old_enforcing=0 res=1', 'audit(1700000000.123:1)');
  log.audit(1399, 'x=\xff', 'audit(1700000000.123:2)');
  log.trouble('odd\nand odder');
  log.close();
  const [first, second, third, fourth] = records(world.log);
  expect(first).toMatchObject({ kind: 'kernel', text: 'Toy:  Initializing.' });
  expect(second).toMatchObject({ kind: 'audit', type: 'MAC_STATUS', serial: 1, fields: { enforcing: '1', res: '1' } });
  expect(second).toMatchObject({ time: 1700000000.123 });
  expect(log.kernel.ring.from(0)).toBeDefined();
  expect(third).toMatchObject({ kind: 'audit', type: 'UNKNOWN[1399]', serial: 2, fields: { x: '\xff' } });
  expect(fourth).toMatchObject({ kind: 'lsmfs', text: 'odd and odder' });
});

it('forgets its older half when it is full', () => {
  const log = new DaemonLog(world.log, 200);
  for (let i = 0; i < 100; i++) log.print(`line ${i}`);
  log.close();
  expect(statSync(world.log).size).toBeLessThanOrEqual(200);
  expect(statSync(`${world.log}.1`).size).toBeLessThanOrEqual(200);
  const texts = [...records(`${world.log}.1`), ...records(world.log)].map(({ text }) => text);
  expect(texts.length).toBeGreaterThan(6);
  expect(texts).toEqual(texts.map((_, i) => `line ${100 - texts.length + i}`));
});

it('goes to the file that was asked for, whole, and is found from the directory', () => {
  const file = path.join(root, 'asked');
  const log = DaemonLog.ofWorld(world, file);
  for (let i = 0; i < 30_000; i++) log.print(`a line that is long enough to fill more than a mebibyte ${i}`);
  log.close();
  expect(lstatSync(world.log).isSymbolicLink()).toBe(true);
  expect(records(world.log)).toHaveLength(30_000);
});

it('goes on without what cannot be written', () => {
  const log = new DaemonLog('/dev/full');
  expect(() => log.print('lost')).not.toThrow();
  expect(() => log.audit(1404, 'lost', 'audit(1.000:1)')).not.toThrow();
  expect(() => log.trouble('lost')).not.toThrow();
  log.close();
});

it('says how much was lost, and cuts no other line, after its directory was in the way', () => {
  const log = new DaemonLog(world.log, 100);
  mkdirSync(`${world.log}.2`);
  for (let i = 0; i < 5; i++) log.print(`a line of some length ${i}`);
  rmSync(`${world.log}.2`, { recursive: true });
  log.print('the last');
  log.close();
  expect(records(world.log)).toMatchObject([
    { kind: 'lsmfs', text: expect.stringMatching(/^[1-4] lines were lost$/) },
    { kind: 'kernel', text: 'the last' },
  ]);
});
