import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Tid, tidOf } from '../../linux/ids.ts';
import { statusField, statusNumbers } from './status.ts';
import { StatusFiles } from './status-files.ts';

let files: StatusFiles;
let children: ChildProcess[];

beforeEach(() => {
  files = new StatusFiles();
  children = [];
});

afterEach(async () => {
  files.close();
  await Promise.all(children.map(end));
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A process of Python that runs `code` and has said so. It runs one more line for each that is written. */
async function python(code: string): Promise<ChildProcess> {
  const child = spawn('python3', ['-uc', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  await said(child);
  return child;
}

/** Its next line: unbuffered, Python writes the end of a line apart. */
async function said(child: ChildProcess): Promise<string> {
  let text = '';
  while (!text.endsWith('\n')) {
    const [more] = (await once(child.stdout as NonNullable<typeof child.stdout>, 'data')) as [Buffer];
    text += more.toString();
  }
  return text.trim();
}

const heldStatusFiles = (): number =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return /^\/proc\/\d+\/status$/.test(readlinkSync(`/proc/self/fd/${fd}`));
    } catch {
      return false; // that of the directory itself
    }
  }).length;

it('says what is so now, not what was so when the file was opened', async () => {
  const rename = 'open("/proc/self/comm", "w").write("renamed")';
  const child = await python(`print("up"); input(); ${rename}; print("done"); input()`);
  const tid = tidOf(child.pid ?? 0);
  expect(statusField(files.read(tid) ?? '', 'Name')).toBe('python3');
  child.stdin?.write('\n');
  await said(child);
  expect(statusField(files.read(tid) ?? '', 'Name')).toBe('renamed');
});

/** As root: makes a process of this number, which renames itself and waits. clone_args: exit_signal, set_tid, set_tid_size. */
const heirOf = (tid: Tid): string => `
import ctypes, os, signal, struct
numbers = (ctypes.c_int * 1)(${tid})
words = [0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0, ctypes.addressof(numbers), 1, 0]
arguments = ctypes.create_string_buffer(struct.pack('11Q', *words))
child = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, 88)
if child == 0:
  open('/proc/self/comm', 'w').write('heir')
  print('up')
  signal.pause()
input()
os.kill(child, 9)`;

it('a process that has ended has none, and one that has its number by then has its own', async () => {
  const first = await python('print("up"); input()');
  const tid = tidOf(first.pid ?? 0);
  expect(statusField(files.read(tid) ?? '', 'Name')).toBe('python3');
  await end(first);
  expect(files.read(tid)).toBeUndefined();

  const second = await python('print("up"); input()');
  const number = tidOf(second.pid ?? 0);
  expect(statusField(files.read(number) ?? '', 'Name')).toBe('python3');
  await end(second);
  const heir = await python(heirOf(number));
  expect(statusField(files.read(number) ?? '', 'Name')).toBe('heir');
  heir.stdin?.write('\n');
  await once(heir, 'exit');
});

it('reads all of it, however many groups there are', async () => {
  const child = await python('import os; os.setgroups(range(2000000000, 2000065536)); print("up"); input()');
  const text = files.read(tidOf(child.pid ?? 0)) ?? '';
  expect(statusNumbers(text, 'Groups')).toHaveLength(65536);
  expect(statusField(text, 'NoNewPrivs')).toBe('0');
});

it('keeps a few files open', () => {
  const before = heldStatusFiles();
  const numbers = execFileSync('ps', ['-e', '-o', 'pid=']).toString().trim().split(/\s+/);
  expect(numbers.length).toBeGreaterThan(20);
  for (const number of numbers) files.read(tidOf(Number(number)));
  expect(heldStatusFiles() - before).toBe(4);
  files.close();
  expect(heldStatusFiles()).toBe(before);
});
