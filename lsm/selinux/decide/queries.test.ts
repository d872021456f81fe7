import { describe, expect, it } from 'vitest';
import { failed } from '../../../linux/errno.ts';
import { policyImage, SelinuxBox } from '../../../test/selinux-golden/selinux-box.ts';
import { SelinuxState } from './state.ts';

const APP = 'msys_u:msys_r:mapp_t:s0';

describe('a computed context that the policy forbids', () => {
  const query = 'msys_u:mapp_r:mapp2_t:s0 msys_u:object_r:mbin_t:s0 1';
  const record =
    '1401 op=security_compute_sid invalid_context="msys_u:mapp_r:mkern_t:s0" scontext=msys_u:mapp_r:mapp2_t:s0 tcontext=msys_u:object_r:mbin_t:s0 tclass=process';

  it('is used and reported when permissive', () => {
    const box = new SelinuxBox({ policy: 'mini.33' });
    expect(box.ask('create', query)).toBe('msys_u:mapp_r:mkern_t:s0\0');
    expect(box.log).toEqual([record]);
  });

  it('is refused and reported when enforcing', () => {
    const box = new SelinuxBox({ policy: 'mini.33', enforcing: true });
    expect(box.ask('create', query)).toBe('EACCES');
    expect(box.log).toEqual([record]);
  });
});

it('object names of create queries are decoded, elsewhere ignored', () => {
  const box = new SelinuxBox({ policy: 'mini.33' });
  const query = `${APP} msys_u:object_r:mtmp_t:s0 ${box.read('class/file/index')}`;
  expect(box.ask('create', `${query} %4`)).toBe('EINVAL');
  expect(box.ask('member', `${query} %4`)).not.toBe('EINVAL');
  expect(box.ask('create', `${query} a%20b`)).toBe(box.ask('create', `${query} a+b`));
});

it('what a bounding type took away is reported by the names of the policy', () => {
  const log: string[] = [];
  const state = new SelinuxState({
    enforcing: false,
    log: { print: () => {}, audit: (type, body) => log.push(`${type} ${body}`) },
  });
  state.load(policyImage('mini.33'));
  log.length = 0;
  const sid = state.contextToSid(APP);
  const context = failed(sid) ? undefined : state.loaded?.sids.context(sid);
  if (context === undefined) throw new Error('no context');
  const classValue = state.loaded?.state.db.classes.byName('security')?.value ?? 0;
  state.auditBounds({ source: context, target: context, class: classValue, permissions: 0b101 });
  expect(log).toEqual([
    `1401 op=security_compute_av reason=bounds scontext=${APP} tcontext=${APP} tclass=security perms=compute_av,compute_member`,
  ]);
});
