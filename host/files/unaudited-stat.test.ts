import { openSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { ERRNO } from '../../linux/errno.ts';
import { AT_FDCWD } from '../../linux/fcntl.ts';
import { STATX_INO, STX } from '../../linux/stat.ts';
import { UnauditedStat } from './unaudited-stat.ts';

const { ENOENT } = ERRNO;

it('says what stat(2) says, call after call', (context) => {
  const stat = new UnauditedStat();
  if (stat.ask(AT_FDCWD, '/', true, STATX_INO) === undefined)
    context.skip('the host has no io_uring for us: most containers, kernel.io_uring_disabled');
  const ino = (): number => Number(stat.result.getBigUint64(STX.INO, true));
  const directory = openSync('/', 'r');
  for (let round = 0; round < 50; round++) {
    expect(stat.ask(AT_FDCWD, '/', true, STATX_INO)).toBe(0);
    expect(ino()).toBe(statSync('/').ino);
    expect(stat.ask(AT_FDCWD, '/nothing/there', true, STATX_INO)).toBe(-ENOENT);
    expect(stat.ask(directory, tmpdir().slice(1), true, STATX_INO)).toBe(0);
    expect(ino()).toBe(statSync(tmpdir()).ino);
    expect(stat.ask(AT_FDCWD, `/proc/${process.pid}/cwd`, true, STATX_INO)).toBe(0);
    expect(ino()).toBe(statSync('.').ino);
    expect(stat.ask(AT_FDCWD, `/proc/${process.pid}/cwd`, false, STATX_INO)).toBe(0);
    expect(ino()).not.toBe(statSync('.').ino);
  }
});
