import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { parsed, smallPolicy, stateOf } from '../../../test/selinux/policies.ts';
import { ClassMap, computeAv, KERNEL_CLASSES, kernelClass, kernelPermission, SID } from './index.ts';

/** Lines about classes that the recorded kernel printed when it loaded `mini.33`. */
function recordedLines(): string[] {
  const golden = new URL('../../../test/conformance/scenarios/c-selinux-klog.golden.jsonl', import.meta.url);
  for (const line of readFileSync(golden, 'utf8').trim().split('\n')) {
    const lines: string[] = JSON.parse(line).lines ?? [];
    if (lines.includes('SELinux: the above unknown classes and permissions will be allowed')) {
      return lines.filter((text) => / not defined in policy|the above unknown/.test(text));
    }
  }
  throw new Error('the recording has no such load');
}

it('prints what the kernel prints about classes it misses', () => {
  expect(ClassMap.build(parsed(smallPolicy('mini.33'))).log).toEqual(recordedLines());
});

it('knows every permission of every kernel class, in order', () => {
  const { log } = ClassMap.build(parsed(smallPolicy('all-classes.33')));
  expect(log.length).toBe(1698);
  // Digest of what Linux 6.12.113 printed for the same policy.
  const digest = createHash('sha256')
    .update(`${log.join('\n')}\n`)
    .digest('hex');
  expect(digest).toBe('f8f350908cebfe6e1c81aa06913225ae633fe776c379c110a3f3606f41b3e615');
});

it('refuses an incomplete policy that says reject, at the first thing missing', () => {
  const { log, map } = ClassMap.build(parsed(smallPolicy('minireject.33')));
  expect(failed(map) && map.code).toBe('EINVAL');
  expect(log).toEqual(['SELinux:  Class system not defined in policy.']);
});

it('translates decisions into kernel permissions', () => {
  for (const [name, unknown] of [
    ['mini.33', true],
    ['minideny.33', false],
  ] as const) {
    const state = stateOf(smallPolicy(name));
    const { map } = ClassMap.build(state.db);
    const context = state.db.objectContexts.initialSids.get(SID.kernel);
    if (failed(map) || context === undefined) throw new Error('not usable');
    const file = kernelClass('file');
    const policyFile = state.db.classes.byName('file');
    expect(map.policyClass(file)).toBe(policyFile?.value);
    expect(map.kernelClass(policyFile?.value ?? 0)).toBe(file);
    const kernel = map.computeAv(state, context, context, file);
    const policy = computeAv(state, context, context, policyFile?.value ?? 0);
    for (const permission of KERNEL_CLASSES[file - 1]?.permissions ?? []) {
      const value = policyFile?.permissions.get(permission);
      const expected = value === undefined ? unknown : ((policy.allowed >>> (value - 1)) & 1) === 1;
      expect((kernel.allowed & kernelPermission(file, permission)) !== 0, permission).toBe(expected);
    }
    const missing = map.computeAv(state, context, context, kernelClass('user_namespace'));
    expect(missing.allowed).toBe(unknown ? 0xffffffff : 0);
  }
});
