import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NR } from '../../host/libc.ts';
import { allocateNative, putString } from '../../host/memory/native-memory.ts';
import { rawSyscall } from '../../host/raw-syscall.ts';
import { ERRNO } from '../../linux/errno.ts';
import { AT_FDCWD, O_EXCL, O_NONBLOCK, O_PATH, O_RDONLY, O_RDWR, O_WRONLY } from '../../linux/fcntl.ts';
import { S_IFIFO } from '../../linux/stat.ts';
import { BackingFiles } from './backing-files.ts';

const { EEXIST, ESTALE } = ERRNO;

describe('BackingFiles', () => {
  const files = new BackingFiles();
  let folder = '';
  let parent = -1;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'backing-'));
    parent = openSync(folder, O_PATH);
  });
  afterEach(() => {
    closeSync(parent);
    rmSync(folder, { recursive: true });
  });
  const create = (name: string, flags: number) => files.run({ op: 'create', parent, name, flags, mode: 0o644 });

  it('does not wait for what another has put where a file is to be made', () => {
    const name = putString(allocateNative(4096), 0, path.join(folder, 'fifo'));
    expect(rawSyscall(NR.mknodat, AT_FDCWD, name, S_IFIFO | 0o666, 0)).toBe(0);
    // O_RDWR first: that one would not wait.
    for (const flags of [O_RDWR, O_RDONLY, O_WRONLY]) {
      expect(create('fifo', flags)).toEqual({ result: -ESTALE });
      expect(create('fifo', flags | O_EXCL)).toEqual({ result: -EEXIST });
    }
  });

  it('opens a file that another has made meanwhile', () => {
    writeFileSync(path.join(folder, 'file'), 'of another');
    const { result, found = -1 } = create('file', O_RDWR);
    expect(readFileSync(result, 'latin1')).toBe('of another');
    expect(create('file', O_RDWR | O_EXCL)).toEqual({ result: -EEXIST });
    for (const fd of [result, found]) closeSync(fd);
  });

  it('opens without waiting, and leaves no trace of that', () => {
    const made = create('file', O_RDWR);
    const { result, found = -1 } = made;
    const opened = files.run({ op: 'open', fd: found, flags: O_WRONLY }).result;
    const flags = /^flags:\s+0(?<octal>\d+)$/mu.exec(readFileSync(`/proc/self/fdinfo/${opened}`, 'latin1'))?.groups;
    expect(Number.parseInt(flags?.octal ?? '', 8) & O_NONBLOCK).toBe(0);
    expect(flags?.octal).toMatch(/1$/u);
    for (const fd of [result, found, opened]) closeSync(fd);
  });

  it('knows what it has made from what lies there in its place', () => {
    const as = { fsuid: process.geteuid?.() ?? 0, fsgid: 0, groups: [], capabilities: 0n };
    const made = [
      files.run({ op: 'mkdir', parent, name: 'd', mode: 0o755, as }),
      files.run({ op: 'symlink', parent, name: 'l', target: 'd', as }),
      files.run({ op: 'mknod', parent, name: 'p', mode: S_IFIFO | 0o600, rdev: 0, as }),
    ];
    const others = files.run({ op: 'mkdir', parent, name: 'e', mode: 0o755, as: { ...as, fsuid: as.fsuid + 1 } });
    expect([...made, others].map(({ isNew }) => isNew)).toEqual([true, true, true, false]);
    expect(files.run({ op: 'mkdir', parent, name: 'd', mode: 0o755, as })).toEqual({ result: -EEXIST });
    for (const { found = -1 } of [...made, others]) closeSync(found);
  });
});
