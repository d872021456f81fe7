import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tgidOf, tidOf } from '../../linux/ids.ts';
import { allocateNative } from './native-memory.ts';
import { REMOTE_LIMIT, RemoteMemory } from './remote-memory.ts';

const SELF = tgidOf(process.pid);

/** A process may read and write its own memory this way, which needs no privilege; the addresses are real. */
const target = allocateNative(3 * REMOTE_LIMIT);
const low = (offset = 0): number => (target.address + offset) >>> 0;
const high = (offset = 0): number => Math.floor((target.address + offset) / 2 ** 32);

describe('memory of a process', () => {
  const memory = new RemoteMemory(() => true, { mayRead: () => true, mayWrite: () => true });

  it('is read and written', () => {
    expect(memory.write(SELF, low(), high(), Buffer.from('hello\0world'))).toBe(true);
    expect(Buffer.from(target.bytes.subarray(0, 5)).toString()).toBe('hello');
    expect(memory.read(SELF, low(6), high(6), 5)).toBe(5);
    expect(Buffer.from(memory.bytes.subarray(0, 5)).toString()).toBe('world');
  });

  it('gives strings up to their end', () => {
    target.bytes.set(Buffer.from('/proc/self\0'), 100);
    expect(memory.readString(SELF, low(100), high(100))).toBe('/proc/self');
    target.bytes.fill(0x61, 200, 300);
    expect(memory.readString(SELF, low(200), high(200), 50)).toBe(-36);
  });

  it('gives the string that it gave, whatever is there by now, until the call is over or it is written itself', () => {
    const put = (text: string) => target.bytes.set(Buffer.from(`${text}\0`), 400);
    const read = () => memory.readString(SELF, low(400), high(400));
    put('one');
    expect(read()).toBe('one');
    put('two');
    expect(read()).toBe('one');
    memory.forget();
    expect(read()).toBe('two');
    memory.write(SELF, low(400), high(400), Buffer.from('new\0'));
    expect(read()).toBe('new');
    expect(memory.readString(SELF, low(400), high(400), 3)).toBe(-36);
  });

  it('answers EFAULT where there is none', () => {
    expect(memory.read(SELF, 8, 0, 4)).toBe(-14);
    expect(memory.read(SELF, 0xffffffff, 0xffffffff, 4)).toBe(-14);
    expect(memory.readString(SELF, 0, 0)).toBe(-14);
    expect(memory.write(SELF, 8, 0, Buffer.from('x'))).toBe(false);
  });

  it('tells when the process is gone', () => {
    expect(memory.readString(tidOf(2 ** 22 + 1), low(), high())).toBe(-3);
  });

  it('is written in parts when it is much', () => {
    const data = Buffer.from(Array.from({ length: 2 * REMOTE_LIMIT + 5 }, (_, index) => index % 251));
    expect(memory.write(SELF, low(7), high(7), data)).toBe(true);
    expect(data.equals(target.bytes.subarray(7, 7 + data.length))).toBe(true);
  });
});

/** Waits for `met` without returning to the event loop. */
function wait(met: () => boolean): void {
  const nobody = new Int32Array(new SharedArrayBuffer(4));
  for (let turns = 0; !met(); turns++) {
    if (turns === 3000) throw new Error('never met');
    Atomics.wait(nobody, 0, 0, 10);
  }
}

describe('a write', () => {
  it('does not reach a program that is executed between the check and the write', async () => {
    const script = 'trap "exec sleep 60" USR1; echo; while :; do sleep 0.01; done';
    // Without randomization the stack of each program ends in the same place.
    const child = spawn('setarch', ['-R', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = tgidOf(child.pid ?? 0);
    const program = (): string => readlinkSync(`/proc/${pid}/exe`);
    const stackEnd = (): string =>
      /-([0-9a-f]+) .*\[stack\]/.exec(readFileSync(`/proc/${pid}/maps`, 'latin1'))?.[1] ?? '';
    try {
      await once(child.stdout, 'data');
      const end = stackEnd();
      const place = Number.parseInt(end, 16) - 4; // the last bytes are zero
      const [below, above] = [place >>> 0, Math.floor(place / 2 ** 32)];
      const shell = program();
      const execute = (): boolean => {
        process.kill(pid, 'SIGUSR1');
        wait(() => program() !== shell && stackEnd() !== '');
        return true;
      };
      const guard = { mayRead: () => true, mayWrite: () => true };
      const data = Buffer.from('mark');
      expect(new RemoteMemory(() => true, guard).write(pid, below, above, data)).toBe(true);
      expect(new RemoteMemory(execute, guard).write(pid, below, above, data)).toBe(false);
      expect(stackEnd()).toBe(end);
      const after = new RemoteMemory(() => true, guard);
      expect(after.read(pid, below, above, 4)).toBe(4);
      expect(after.bytes.subarray(0, 4)).toEqual(new Uint8Array(4));
      expect(after.write(pid, below, above, data)).toBe(true);
    } finally {
      child.kill('SIGKILL');
    }
  });
});
