import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { NR } from '../../../host/libc.ts';
import { type Tid, tidOf } from '../../../linux/ids.ts';
import { OwnFiles } from '../caller/own-files.ts';
import type { ExecInDoubt } from '../protocol/exec-in-doubt.ts';
import { FailedExecs } from './failed-execs.ts';

const IN_DOUBT: ExecInDoubt = { tid: tidOf(7), number: 3 };

function isTold(readFile: () => string | undefined, tracer = 0): boolean {
  const told: ExecInDoubt[] = [];
  const view = { readFile, readStatus: () => `Name:\tx\nTracerPid:\t${tracer}\n` };
  new FailedExecs(view, (exec) => told.push(exec)).look({ inDoubt: [IN_DOUBT] });
  return told[0] === IN_DOUBT;
}

it('has failed whose thread is in another call, or in none', () => {
  expect(isTold(() => `${NR.ppoll} 0x0 0x0 0x0 0x0 0x0 0x0 0x7ffd 0x7f00\n`)).toBe(true);
  expect(isTold(() => '-1 0x7ffd 0x7f00\n')).toBe(true);
});

it('may be under way whose thread is in it, runs, is traced, or is not there under its number', () => {
  for (const number of [NR.execve, NR.execveat]) expect(isTold(() => `${number} 0x1 0x2 0x3\n`)).toBe(false);
  expect(isTold(() => 'running\n')).toBe(false);
  expect(isTold(() => undefined)).toBe(false);
  expect(isTold(() => '-1 0x7ffd 0x7f00\n', 20)).toBe(false);
});

it('a process that waits for its input is in no execve(2)', async () => {
  const cat = spawn('cat', { stdio: ['pipe', 'pipe', 'ignore'] });
  cat.stdin.write('text');
  await once(cat.stdout, 'data');
  const tid = tidOf(cat.pid ?? 0);
  const files = new OwnFiles();
  const told: Tid[] = [];
  const view = {
    readFile: (at: number, path: string) => files.readFile(at, path),
    readStatus: () => 'TracerPid:\t0\n',
  };
  const execs = new FailedExecs(view, (exec) => told.push(exec.tid));
  while (told.length === 0) execs.look({ inDoubt: [{ tid, number: 1 }] }); // until it waits
  expect(told).toEqual([tid]);
  cat.stdin.end();
  await once(cat, 'exit');
});
