import { expect, it } from 'vitest';
import type { FileSystemError } from '../../vfs/user/facade-error.ts';
import { createWorld } from '../library/index.ts';

const NODE = '/sys/kernel/security/evm';

it('answers the recorded sequence of a kernel without keys', () => {
  const world = createWorld({ lsm: '' });
  const write = (text: string, as = world.fs): unknown => {
    const fd = as.openSync(NODE, 'r+');
    try {
      return as.writeSync(fd, text);
    } catch (error) {
      return (error as FileSystemError).code;
    } finally {
      as.closeSync(fd);
    }
  };
  const weak = world.as({ ...world.spawn().caller, capabilities: 0n });
  const steps: [string, unknown, string][] = [
    ['', 'EINVAL', '0'],
    [' ', 'EINVAL', '0'],
    ['0', 'EINVAL', '0'],
    ['-1', 'EINVAL', '0'],
    ['8', 'EINVAL', '0'],
    ['0x8', 'EINVAL', '0'],
    ['1x', 'EINVAL', '0'],
    ['08', 'EINVAL', '0'],
    ['1', 'ENOENT', '0'],
    ['01', 'ENOENT', '0'],
    ['0x1', 'ENOENT', '0'],
    ['3', 'ENOENT', '0'],
    ['99999999999', 'ERANGE', '0'],
    ['2\n', 2, '2'],
    ['4', 1, '6'],
    ['0x80000008', 'EINVAL', '6'],
    ['2147483650', 10, '6'],
    ['4', 'EPERM', '6'],
    ['x', 'EPERM', '6'],
  ];
  expect(write('2', weak)).toBe('EPERM');
  for (const [text, result, after] of steps) {
    expect([text, write(text), world.fs.readFileSync(NODE, 'latin1')]).toEqual([text, result, after]);
  }
  expect(world.fs.readdirSync('/sys/kernel/security/integrity').sort()).toEqual(['evm', 'ima']);
});
