/** What was deleted keeps its place until the garbage collector comes; groups are there once they are named. */
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../library/index.ts';

const NODE = '/sys/kernel/security/tomoyo/exception_policy';

/** What the node shows of `kind`s after each of these texts was written by an open of its own. */
function shown(kind: string, ...texts: string[]): string[] {
  const { fs } = createWorld({ lsm: 'tomoyo' });
  for (const text of texts) fs.writeFileSync(NODE, text);
  const lines = fs.readFileSync(NODE, 'utf8').split('\n');
  return lines.filter((line) => line.includes(kind)).map((line) => line.replace(/^<kernel> /, ''));
}

describe('an entry that is deleted and added again', () => {
  it('has its place back within one open', () => {
    expect(
      shown('path_group', 'path_group A /a\npath_group A /b\n', 'delete path_group A /a\npath_group A /a\n'),
    ).toEqual(['path_group A /a', 'path_group A /b']);
  });

  it('is the last one after another open', () => {
    const texts = ['path_group A /a\npath_group A /b\n', 'delete path_group A /a\n', 'path_group A /a\n'];
    expect(shown('path_group', ...texts)).toEqual(['path_group A /b', 'path_group A /a']);
  });
});

describe('a group', () => {
  it('has the place of who named it first, while that rule is there', () => {
    const rule = 'acl_group 0 file chmod /a @N\n';
    expect(shown('number_group', rule, 'number_group M 1\n', 'number_group N 2\n')).toEqual([
      'number_group N 2',
      'number_group M 1',
    ]);
    expect(shown('number_group', rule, `delete ${rule}`, 'number_group M 1\n', 'number_group N 2\n')).toEqual([
      'number_group M 1',
      'number_group N 2',
    ]);
  });

  it('of paths takes what is no path', () => {
    expect(shown('path_group', 'path_group A\npath_group A x\n')).toEqual(['path_group A ', 'path_group A x']);
  });
});

it('a namespace may be named by its beginning', () => {
  expect(shown('path_group', '<ker path_group A /a\n')).toEqual(['path_group A /a']);
});
