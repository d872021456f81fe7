/** Acceptance: answers of real kernels about Debian's default policy. */
import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { DEBIAN_POLICY, installedPolicy } from '../../../test/selinux/debian-policies.ts';
import { stateOf } from '../../../test/selinux/policies.ts';
import { type Context, sidOf } from '../policy/index.ts';
import {
  ClassMap,
  computeAv,
  computeContext,
  dumpPolicy,
  formatContext,
  fsUse,
  genfsContext,
  initialSidContext,
  type PolicyState,
  parseContext,
  reachableContexts,
} from './index.ts';

const image = installedPolicy(DEBIAN_POLICY);
const state = stateOf(image);
const { db } = state;

function context(text: string): Context {
  const parsed = parseContext(db, text);
  if (failed(parsed)) throw new Error(`${text}: ${parsed.code}`);
  return parsed;
}
const classOf = (name: string) => db.classes.byName(name)?.value ?? 0;
const text = (value: Context | undefined) => (value === undefined ? undefined : formatContext(db, value));

describe('access vectors', () => {
  it.each([
    ['unconfined_u:unconfined_r:unconfined_t:s0', 'system_u:object_r:security_t:s0', 'security', 0x1fff, 0, 0xffffffff],
    ['system_u:system_r:init_t:s0', 'system_u:object_r:bin_t:s0', 'file', 0x3f5ffff, 0, 0xffffffff],
    ['user_u:user_r:user_t:s0', 'system_u:object_r:shadow_t:s0', 'file', 0, 0, 0xfffbffac],
    ['user_u:user_r:user_t:s0', 'root:sysadm_r:sysadm_t:s0', 'process', 0, 0, 0xfffefbff],
  ])('%s to %s, %s', (source, target, name, allowed, auditallow, auditdeny) => {
    const decision = computeAv(state, context(source), context(target), classOf(name));
    expect(decision).toEqual({ allowed, auditallow, auditdeny, flags: 0 });
  });

  it('allows class 0 because handle_unknown is allow, and nothing of a class above the maximum', () => {
    const init = context('system_u:system_r:init_t:s0');
    expect(computeAv(state, init, init, 0).allowed).toBe(0xffffffff);
    expect(computeAv(state, init, init, 136)).toEqual({ allowed: 0, auditallow: 0, auditdeny: 0xffffffff, flags: 0 });
  });
});

describe('computed contexts', () => {
  it.each([
    [
      'transition',
      'system_u:system_r:init_t:s0',
      'system_u:object_r:sshd_exec_t:s0',
      'process',
      'system_u:system_r:sshd_t:s0',
    ],
    [
      'transition',
      'system_u:system_r:sshd_t:s0',
      'system_u:object_r:tmp_t:s0',
      'file',
      'system_u:object_r:sshd_tmp_t:s0',
    ],
    [
      'transition',
      'system_u:system_r:init_t:s0',
      'system_u:system_r:init_t:s0',
      'tcp_socket',
      'system_u:system_r:init_t:s0',
    ],
    [
      'transition',
      'user_u:user_r:user_t:s0',
      'system_u:object_r:passwd_exec_t:s0',
      'process',
      'user_u:user_r:passwd_t:s0',
    ],
    ['member', 'user_u:user_r:user_t:s0', 'system_u:object_r:tmp_t:s0', 'dir', 'system_u:object_r:user_tmp_t:s0'],
  ] as const)('%s of %s and %s, %s', (operation, source, target, name, expected) => {
    const result = computeContext(state, operation, context(source), context(target), classOf(name));
    expect(failed(result) ? result.code : text(result)).toBe(expected);
  });

  it('takes a file name into account', () => {
    const manager = context('system_u:system_r:NetworkManager_t:s0');
    const result = computeContext(
      state,
      'transition',
      manager,
      context('system_u:object_r:etc_t:s0'),
      classOf('file'),
      'resolv.conf',
    );
    expect(failed(result) ? result.code : text(result)).toBe('system_u:object_r:net_conf_t:s0');
  });
});

describe('context texts', () => {
  const process = 'system_u:system_r:kernel_t';
  it.each([
    [`${process}:s0:c2,c1`, `${process}:s0:c1,c2`],
    [`${process}:s0:c0,c1,c2,c3,c5`, `${process}:s0:c0.c3,c5`],
    [`${process}:s0:c0.c1`, `${process}:s0:c0,c1`],
    [`${process}:s0-s0`, `${process}:s0`],
    [`${process}:s0:c1-s0:c1,c2`, `${process}:s0:c1-s0:c1,c2`],
    [`${process}:s0\0junk`, `${process}:s0`],
    ['system_u:object_r:tmp_t:s0:c1,c1', 'system_u:object_r:tmp_t:s0:c1'],
    // Runs separated by whole empty 64-bit units, where libsepol joins them.
    [`${process}:s0:c188.c191,c768.c772`, `${process}:s0:c188.c191,c768.c772`],
  ])('%s prints as %s', (input, canonical) => {
    expect(text(context(input))).toBe(canonical);
  });

  it.each(
    `${process} ${process}: ${process}:s1 ${process}:s0-s1 ${process}:s0:c1024 ${process}:s0:c1.c0 nobody_u:system_r:kernel_t:s0
    system_u:no_r:kernel_t:s0 system_u:system_r:etc_t:s0 user_u:system_r:kernel_t:s0 a a:b a:b:c :::: ${process}:s0:c5-s0:c1
    system_u:object_r:domain:s0 ${process}:s0:c1:c2 ${process}:s0-s0-s0 ${process}:SystemLow system_u:object_r:tmp_t:s0:c1,
    system_u:object_r:tmp_t:s0: system_u:object_r:tmp_t:s0:c1. system_u:object_r:tmp_t:s0- system_u:object_r:tmp_t:s0:c01`.split(
      /\s+/,
    ),
  )('%s is refused', (input) => {
    expect(parseContext(db, input)).toMatchObject({ code: 'EINVAL' });
  });

  it('completes an xattr without range', () => {
    const defaults = context('system_u:object_r:tmp_t:s0:c7');
    const result = parseContext(db, 'system_u:object_r:bin_t', { defaults });
    expect(failed(result) ? result.code : text(result)).toBe('system_u:object_r:bin_t:s0:c7');
  });
});

describe('labels', () => {
  it('of filesystems', () => {
    const of = (type: string) => [fsUse(db, type).behaviour, text(fsUse(db, type).context)?.split(':')[2]];
    expect(of('ext4')).toEqual([1, 'fs_t']);
    expect(of('tmpfs')).toEqual([2, 'tmpfs_t']);
    expect(of('proc')).toEqual([4, 'proc_t']);
    expect(of('fuse')).toEqual([4, 'fusefs_t']);
    expect(of('nosuchfs')).toEqual([5, undefined]);
  });

  it('of files without labels of their own', () => {
    const of = (fs: string, path: string) => text(genfsContext(db, fs, path, classOf('file')))?.split(':')[2];
    expect(of('proc', '/sys/kernel/osrelease')).toBe('sysctl_kernel_t');
    expect(of('proc', '///sys/kernel/osrelease')).toBe('sysctl_kernel_t');
    expect(of('selinuxfs', '/enforce')).toBe('security_t');
    expect(of('securityfs', '/')).toBe('security_t');
    expect(of('nosuchfs', '/')).toBeUndefined();
  });

  it('of initial SIDs', () => {
    const of = (sid: number) => text(initialSidContext(db, sidOf(sid)))?.split(':')[2];
    expect([1, 3, 27].map(of)).toEqual(['kernel_t', 'unlabeled_t', 'null_device_t']);
    expect(of(7)).toBe('kernel_t'); // without capability userspace_initial_context
    expect(of(4)).toBeUndefined(); // not the kernel's
  });
});

it('numbers classes as the policy does', () => {
  expect(['security', 'process', 'file', 'process2'].map(classOf)).toEqual([1, 2, 6, 127]);
  expect(ClassMap.build(db).log).toEqual([]);
});

it('finds the contexts a user can enter, in order', () => {
  const contexts = reachableContexts(state, context('system_u:system_r:crond_t:s0'), 'root');
  expect(failed(contexts) ? contexts.code : contexts.map(text)).toEqual([
    'root:staff_r:staff_t:s0',
    'root:sysadm_r:sysadm_t:s0',
    'root:system_r:sysadm_t:s0',
    'root:system_r:unconfined_t:s0',
  ]);
  expect(reachableContexts(state, context('system_u:system_r:crond_t:s0'), 'nobody_u')).toMatchObject({
    code: 'EINVAL',
  });
});

it('dumps the policy it was given, with present boolean values', () => {
  const dump = (state: PolicyState): Uint8Array => {
    const result = dumpPolicy(state);
    if (failed(result)) throw new Error(result.code);
    return result;
  };
  const fresh = stateOf(image);
  const dumped = stateOf(dump(fresh));
  expect(dumped.db.image.length).toBe(image.length);
  fresh.setBooleans(fresh.booleans.map((value) => 1 - value));
  const turned = stateOf(dump(fresh));
  expect(turned.booleans).toEqual(fresh.booleans);
  expect(turned.booleans).not.toEqual(dumped.booleans);
  expect(stateOf(fresh.db.image).booleans).toEqual(dumped.booleans); // the loaded image itself stays
});
