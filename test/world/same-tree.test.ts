/** `lsmfs run`, `lsmfs mount` and a world in memory serve the same /proc, sysctls and securityfs. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createWorld } from '../../lsm/library/index.ts';
import { isClean } from '../support/box.ts';
import { lsmfs, script, UNTIL } from './program.ts';
import { type Walked, walkTree } from './walk-tree.ts';

const WALKER = [process.execPath, '--import', 'tsx', path.resolve('test/world/walk-tree.ts')];

describe.each(['lockdown,yama,apparmor', 'yama,selinux', 'smack,tomoyo'])('a tree with %s', (lsm) => {
  const memory = createWorld({ lsm, profile: 'mainline' });
  const types = memory.stack.filesystems.types;
  const sysctls = [...memory.stack.sysctls.keys()];
  const expected = walkTree(memory.spawn().fs, '/', types, sysctls);
  const asked = [types.join(','), sysctls.join(',')];

  it('is not empty', () => {
    expect(expected.securityfs.length).toBeGreaterThan(3);
    expect(expected.attr.length).toBeGreaterThan(5);
    expect(expected.filesystems).toHaveLength(types.length);
    expect(expected.sysctls).toHaveLength(sysctls.length);
  });

  it('is that of mount', async () => {
    const result = await script(
      `${UNTIL}d=$(mktemp -d); : > $d.out; $LSMFS mount --lsm=${lsm} --profile=mainline $d > $d.out & pid=$!; until_true grep -qs $d/sys $d.out
       ${WALKER.join(' ')} $d/ "$TYPES" "$SYSCTLS"; kill -TERM $pid; wait $pid; rmdir $d; rm -f $d.out`,
      { env: { TYPES: asked[0] ?? '', SYSCTLS: asked[1] ?? '' } },
    );
    expect(result.stderr).toBe('');
    expect(JSON.parse(result.stdout) as Walked).toEqual(expected);
    expect(result.leftovers).toSatisfy(isClean);
  });

  it('is that of run', async () => {
    const result = await lsmfs(['run', `--lsm=${lsm}`, '--profile=mainline', '--', ...WALKER, '/', ...asked]);
    expect(result.stderr).toBe('');
    expect(JSON.parse(result.stdout) as Walked).toEqual(expected);
    expect(result.leftovers).toSatisfy(isClean);
  });
});
