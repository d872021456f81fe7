import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ERRNO } from '../linux/errno.ts';
import { RLIMIT_NOFILE } from '../linux/process.ts';
import { ABSENT, auditArch, supportedMachine, syscallNumbers } from '../linux/syscall-numbers.ts';
import { errorText, libcFunction, NR, systemCall } from './libc.ts';
import { getLimit, isCloseOnExec, setCloseOnExec } from './process/process.ts';

describe('system calls', () => {
  it('answer with a result or a negative errno', () => {
    expect(systemCall('getpid', [])()).toBe(process.pid);
    expect(libcFunction('close', ['int'])(-1)).toBe(-ERRNO.EBADF);
    expect(libcFunction('chdir', ['str'])('/no/such/directory')).toBe(-ERRNO.ENOENT);
    expect(errorText(-ERRNO.ENOENT)).toBe('No such file or directory');
  });

  it('tell what this process has', () => {
    expect(getLimit(0, RLIMIT_NOFILE)?.soft).toBeGreaterThan(0n);
    const fd = openSync('/dev/null', 'r');
    expect(isCloseOnExec(fd)).toBe(true);
    setCloseOnExec(fd, false);
    expect(isCloseOnExec(fd)).toBe(false);
    closeSync(fd);
  });
});

describe('numbers', () => {
  it('name each call once per machine', () => {
    for (const arch of ['x64', 'arm64']) {
      const numbers = Object.values(syscallNumbers(arch)).filter((number) => number !== ABSENT);
      expect(new Set(numbers).size).toBe(numbers.length);
      expect(supportedMachine(arch)).toBe(true);
    }
  });
  it('are known for these machines only', () => {
    expect(supportedMachine('riscv64')).toBe(false);
    expect(auditArch('x64')).toBe(0xc000003e);
    expect([syscallNumbers('x64').execve, syscallNumbers('arm64').execve]).toEqual([59, 221]);
    expect(syscallNumbers('arm64').open).toBe(ABSENT);
    expect(NR.openat2).toBe(437);
  });
});
