import { expect, it } from 'vitest';
import { refusalAbout, refusalOf } from './refusal.ts';

const web = 'profile="web" name="/srv/page" pid=7 comm="cat"';

it.each([
  [
    `operation="open" class="file" ${web} requested_mask="r" denied_mask="r" fsuid=0 ouid=0`,
    ['web', '/srv/page', 'r'],
    {},
  ],
  [
    `operation="mknod" class="file" ${web} requested_mask="wc" denied_mask="wc" fsuid=0 ouid=1`,
    ['web', '/srv/page', 'w', 'create'],
    { notOwner: true },
  ],
  [
    'operation="open" class="file" namespace="root//c1" profile="a" name=2F612062 pid=7 comm="cat" ' +
      'requested_mask="r" denied_mask="r" fsuid=0 ouid=0',
    [':c1:a', '/a b', 'r'],
    {},
  ],
  [
    'operation="capable" class="cap" profile="web" pid=7 comm="x" capability=21  capname="sys_admin"',
    ['web', 'capability', 'sys_admin'],
    {},
  ],
  [
    'operation="signal" class="signal" profile="web" pid=7 comm="kill" requested_mask="send" ' +
      'denied_mask="send" signal=term peer="unconfined"',
    ['web', 'signal', 'term', 'unconfined', 'send'],
    {},
  ],
  [
    'operation="ptrace" class="ptrace" label="a//&b" pid=7 comm="gdb" requested_mask="trace" ' +
      'denied_mask="trace" peer="c"',
    ['a//&b', 'ptrace', 'c', 'trace'],
    {},
  ],
  [
    'operation="create" class="net" profile="web" pid=7 comm="nc" family="inet" sock_type="stream" protocol=0 ' +
      'requested_mask="create" denied_mask="create"',
    ['web', 'network', 'inet', 'stream', 'create'],
    {},
  ],
  [
    'operation="mount" class="mount" info="failed mntpnt match" error=-13 profile="web" name="/mnt/" pid=7 ' +
      'comm="mount" fstype="tmpfs" srcname="none" flags="rw, nosuid"',
    ['web', 'mount', 'none', '/mnt/', 'tmpfs', 'rw', 'nosuid'],
    {},
  ],
  [
    'operation="mount" class="mount" info="failed mntpnt match" error=-13 profile="web" name="/mnt/" pid=7 ' +
      'comm="mount" flags="rw, move"',
    ['web', 'mount', '', '/mnt/', 'none', 'rw', 'move'],
    {},
  ],
  ['operation="umount" class="mount" profile="web" name="/mnt/" pid=7 comm="umount"', ['web', 'umount', '/mnt/'], {}],
  [
    'operation="pivotroot" class="mount" profile="web" name="/new/" pid=7 comm="x" srcname="/new/old/"',
    ['web', 'pivot_root', '/new/', '/new/old/'],
    {},
  ],
  [
    'operation="userns_create" class="namespace" profile="web" pid=7 comm="x" requested="userns_create" ' +
      'denied="userns_create"',
    ['web', 'userns'],
    {},
  ],
  [
    'operation="change_profile" class="file" info="label not found" error=-2 profile="web" name="other" pid=7 comm="x"',
    ['web', 'change_profile', 'other'],
    {},
  ],
])('%s', (text, words, more) => {
  expect(refusalOf('AVC', `apparmor="DENIED" ${text}`)).toEqual({ words, query: 'access', ...more });
});

it('says of what nobody can be asked about', () => {
  const link = `apparmor="DENIED" operation="link" class="file" ${web} requested_mask="l" denied_mask="l" fsuid=0 ouid=0 target="/x"`;
  expect(refusalOf('AVC', link)).toMatchObject({ problem: 'There is no question to ask about link.' });
  expect(refusalOf('AVC', 'apparmor="DENIED" operation="setprocattr" info="x" error=-22')).toHaveProperty('problem');
});

it('asks about what a profile that complains let through', () => {
  const text = `apparmor="ALLOWED" operation="open" class="file" ${web} denied_mask="r" fsuid=0 ouid=0`;
  expect(refusalOf('AVC', text)).toEqual({ words: ['web', '/srv/page', 'r'], query: 'access' });
  expect(refusalAbout('AVC', text)).toEqual({
    ...{ subject: 'web', object: '/srv/page', kind: 'file', access: 'r', permissive: true },
  });
});

it('says what a record is about', () => {
  const about = (text: string) => refusalAbout('AVC', `apparmor="DENIED" ${text}`);
  expect(
    about('operation="capable" class="cap" profile="web" pid=7 comm="x" capability=21  capname="sys_admin"'),
  ).toEqual({
    ...{ subject: 'web', object: 'capability sys_admin', kind: 'cap', access: '', permissive: false },
  });
  expect(about('operation="setprocattr" info="x" error=-22 profile="web"')).toMatchObject({ object: 'setprocattr' });
  expect(refusalAbout('AVC', 'avc:  denied  { read } for  pid=1')).toBeUndefined();
});

it('has nothing to ask about records that tell of no refusal, nor about those of others', () => {
  expect(refusalOf('AVC', `apparmor="AUDIT" operation="open" class="file" ${web}`)).toBeUndefined();
  expect(refusalOf('AVC', 'avc:  denied  { read } for  pid=1')).toBeUndefined();
});
