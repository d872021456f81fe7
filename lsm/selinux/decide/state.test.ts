import { describe, expect, it } from 'vitest';
import { failed, type Result } from '../../../linux/errno.ts';
import { tgidOf } from '../../../linux/ids.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { type Sid, sidOf } from '../policy/index.ts';
import { kernelClass, kernelPermission, SID } from './index.ts';
import { SelinuxState } from './state.ts';

const APP = 'msys_u:msys_r:mapp_t:s0';

function start(policy?: string): { state: SelinuxState; log: string[] } {
  const log: string[] = [];
  const state = new SelinuxState({
    enforcing: false,
    log: { print: (text) => log.push(text), audit: (type, body) => log.push(`${type} ${body}`) },
  });
  if (policy !== undefined) state.load(policyImage(policy));
  log.length = 0;
  return { state, log };
}

function sid(result: Result<Sid>): Sid {
  if (failed(result)) throw new Error(result.code);
  return result;
}

it('every permission that is checked exists: a mistyped one would be granted', () => {
  const used: Readonly<Record<string, string>> = {
    security:
      'compute_av compute_create compute_member compute_relabel compute_user check_context load_policy read_policy setbool setcheckreqprot setenforce setsecparam validate_trans',
    process: 'getattr setcurrent setexec setfscreate setkeycreate setsockcreate dyntransition',
    key: 'create',
    capability2: 'mac_admin',
    file: 'read write execute',
    dir: 'read write search',
    chr_file: 'read write execute',
  };
  for (const [name, permissions] of Object.entries(used)) {
    for (const permission of permissions.split(' ')) {
      expect(kernelPermission(kernelClass(name), permission), `${name}:${permission}`).not.toBe(0);
    }
  }
});

describe('without a policy', () => {
  it('initial SID names are the only contexts, and everything else is the kernel', () => {
    const { state } = start();
    expect(state.contextToSid('unlabeled')).toBe(SID.unlabeled);
    expect(state.contextToSid('init\0x')).toBe(SID.init);
    expect(state.contextToSid('devnull')).toBe(SID.kernel);
    expect(state.contextToSid('a:b:c:d')).toBe(SID.kernel);
    expect(state.contextToSid('')).toMatchObject({ code: 'EINVAL' });
    expect([SID.kernel, SID.init, SID.unlabeled].map((number) => state.sidToContext(number))).toEqual([
      'kernel',
      'kernel',
      'unlabeled',
    ]);
    expect(state.sidToContext(sidOf(4))).toMatchObject({ code: 'EINVAL' });
  });

  it('everything is allowed, also when enforcing', () => {
    const { state, log } = start();
    state.setEnforcing(true);
    log.length = 0;
    expect(state.check(KERNEL_CALLER, SID.unlabeled, SID.security, 'security', 'load_policy')).toBeUndefined();
    expect(log).toEqual([]);
    expect(state.dump()).toMatchObject({ code: 'EINVAL' });
  });
});

describe('contexts that the policy does not understand', () => {
  it('are refused, or kept as text when forced', () => {
    const { state } = start('mini.33');
    expect(state.contextToSid('bad')).toMatchObject({ code: 'EINVAL' });
    const raw = sid(state.contextToSidForced('bad\0x'));
    expect(state.sidToContext(raw)).toBe('msys_u:object_r:munl_t:s0');
    expect(state.sidToContext(raw, true)).toBe('bad');
  });

  it('appear in records beside what they count as', () => {
    const { state, log } = start('mini.33');
    const raw = sid(state.contextToSidForced('bad'));
    state.check({ tgid: tgidOf(7), comm: 'sh' }, sid(state.contextToSid(APP)), raw, 'key', 'create');
    expect(log).toEqual([
      `1400 avc:  denied  { create } for  pid=7 comm="sh" scontext=${APP} tcontext=msys_u:object_r:munl_t:s0 tclass=key permissive=1 trawcon="bad"`,
    ]);
  });
});

it('several permissions are one record', () => {
  const { state, log } = start('mini.33');
  const app = sid(state.contextToSid(APP));
  const security = sid(state.contextToSid('msys_u:object_r:mbin_t:s1'));
  state.check({ tgid: tgidOf(7), comm: 'sh' }, app, security, 'file', ['write', 'execute']);
  expect(log).toHaveLength(1);
  expect(log[0]).toMatch(/^1400 avc: {2}denied {2}\{ write( execute)? \} for /);
});

it('a permissive type is let through when enforcing', () => {
  const { state, log } = start('mini.33');
  state.setEnforcing(true);
  log.length = 0;
  const permissive = sid(state.contextToSid('msys_u:msys_r:mperm_t:s0'));
  const strict = sid(state.contextToSid(APP));
  const check = (source: Sid) =>
    state.check({ tgid: tgidOf(7), comm: 'sh' }, source, SID.security, 'security', 'setenforce');
  expect(check(permissive)).toBeUndefined();
  expect(check(strict)).toMatchObject({ code: 'EACCES' });
  expect(log.map((line) => line.slice(-12))).toEqual(['permissive=1', 'permissive=0']);
});
