/** What other modules have measured, and rules about parts of their labels. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { FileSystemError } from '../../../vfs/user/facade-error.ts';
import { createWorld, KERNEL_BUILDS } from '../../library/index.ts';
import { SelinuxState } from '../../selinux/decide/state.ts';

const policy = readFileSync(path.join(import.meta.dirname, '../../../test/conformance/scenarios/data/mini.33'));
const IMA = '/sys/kernel/security/integrity/ima';

const boot = (parameters: Record<string, string> = {}) =>
  createWorld({ lsm: 'selinux', build: KERNEL_BUILDS['debian-policy'], policy, parameters });

/** Event and buffer of each entry. */
function entries(world: ReturnType<typeof boot>): string[][] {
  const list = world.fs.readFileSync(`${IMA}/ascii_runtime_measurements`, 'latin1').split('\n').slice(0, -1);
  return list.map((line) => line.split(' ').slice(4));
}

const write = (world: ReturnType<typeof boot>, text: string): string => {
  try {
    world.fs.writeFileSync(`${IMA}/policy`, text);
    return 'taken';
  } catch (error) {
    return (error as FileSystemError).code;
  }
};

describe('critical data', () => {
  it('is the mode of SELinux, and the digest of its policy, as often as they change', () => {
    const world = boot({ ima_policy: 'critical_data' });
    const image = world.fs.readFileSync('/sys/fs/selinux/policy');
    const hash = createHash('sha256').update(image).digest('hex');
    const states = () => entries(world).filter(([event]) => event === 'selinux-state');
    expect(entries(world).filter(([event]) => event === 'selinux-policy-hash')).toEqual([
      ['selinux-policy-hash', hash],
    ]);
    expect(states()).toHaveLength(1);
    for (const mode of ['1', '0', '1']) world.fs.writeFileSync('/sys/fs/selinux/enforce', mode);
    const [, second = []] = states();
    expect(Buffer.from(second[1] ?? '', 'hex').toString()).toMatch(/^initialized=1;enforcing=1;checkreqprot=0;/);
    expect(states()).toHaveLength(2);
  });

  it('is listed by label', () => {
    const world = boot();
    expect(write(world, 'measure func=CRITICAL_DATA label=other\n')).toBe('taken');
    world.fs.writeFileSync('/sys/fs/selinux/enforce', '1');
    expect(entries(world)).toHaveLength(1);
    expect(write(world, 'measure func=CRITICAL_DATA label=selinux\n')).toBe('taken');
    world.fs.writeFileSync('/sys/fs/selinux/enforce', '0');
    expect(entries(world).map(([event]) => event)).toEqual(['boot_aggregate', 'selinux-state', 'selinux-policy-hash']);
  });
});

it('a rule names a user, a role or a type of the policy', () => {
  for (const [rule, answer] of [
    ['obj_type=mtmp_t subj_role=msys_r', 'taken'],
    ['obj_user=mtmp_t', 'EINVAL'],
    ['subj_type=none_t', 'EINVAL'],
  ])
    expect(write(boot(), `measure ${rule}\n`)).toBe(answer);
});

it('no policy is written anew for a digest that no rule wants', () => {
  const written = vi.spyOn(SelinuxState.prototype, 'dump');
  boot();
  expect(written).not.toHaveBeenCalled();
  boot({ ima_policy: 'critical_data' });
  expect(written).toHaveBeenCalled();
  written.mockRestore();
});
