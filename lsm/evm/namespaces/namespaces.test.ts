/** EVM of user namespaces: what each says of one file, and stores with it. */
import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ALL_CAPABILITIES } from '../../../linux/capability.ts';
import { UNKNOWN_NAMESPACE, type UserNamespace } from '../../../vfs/tree/caller.ts';
import { KERNEL_BUILDS } from '../../builds.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';
import { type FileMetadata, metadataOf } from '../../framework/files/metadata.ts';
import { createWorld, type World, type WorldTask } from '../../library/index.ts';

const SECURITY = '/sys/kernel/security';
const EVM = `${SECURITY}/integrity/evm`;
const [A, B, OUTER] = [1000, 2000, 3000];
const KEYS: Readonly<Record<string, string>> = {
  'evm-key': 'host',
  [`evm-key@${A}`]: 'key of A',
  [`evm-key@${B}`]: 'key of B',
};
const IMA = '\x04\x04digest';
const IMA_OF_B = '\x04\x04of B';
const IMA_OF_HOST = '\x04\x04of the host';
const stored = (root: number, name: string): string => `trusted.lsmns.${root.toString(16).padStart(8, '0')}.${name}`;

function userNamespace(id: number, root: number, ancestors: readonly number[] = []): UserNamespace {
  const ids = [{ inside: 0, first: root, count: 1 }];
  return { id, ancestors, rootUid: root, rootGid: root, uids: ids, gids: ids };
}

const FILE: InodeFacts = {
  ...{ class: 'file', filesystem: { type: 'ext4', id: 'sda' }, path: '/f', ino: 13, uid: A, gid: A, xattrs: {} },
  metadata: { mode: 0o100644, generation: 7 },
};

/** As somebody else computes it. */
function hmac(key: string, file: InodeFacts, values: readonly string[]): string {
  const misc = Buffer.alloc(24);
  misc.writeBigUInt64LE(BigInt(file.ino), 0);
  misc.writeUInt32LE(file.metadata?.generation ?? 0, 8);
  misc.writeUInt32LE(file.uid, 12);
  misc.writeUInt32LE(file.gid, 16);
  misc.writeUInt16LE(file.metadata?.mode ?? 0, 20);
  const buffer = Buffer.alloc(128);
  buffer.write(key);
  const made = createHmac('sha1', buffer)
    .update(Buffer.from(values.join(''), 'latin1'))
    .update(misc);
  return `\x02${made.update(Buffer.alloc(16)).digest().toString('latin1')}`;
}

function start(profile: 'talk' | '2018' = 'talk') {
  const encryptedKeys = Object.fromEntries(
    Object.entries(KEYS).map(([name, key]) => [name, Buffer.from(key).toString('base64')]),
  );
  const world = createWorld({ lsm: '', profile, build: KERNEL_BUILDS['debian-policy'], encryptedKeys });
  const container = (namespace: UserNamespace, ...writes: readonly string[]) => {
    const root = namespace.rootUid ?? 0;
    const task = world.spawn({ userNamespace: namespace, capabilities: ALL_CAPABILITIES, uid: root, gid: root });
    task.mount('securityfs');
    if (profile === 'talk') task.fs.writeFileSync(`${SECURITY}/ima/active`, '1');
    for (const value of writes)
      task.fs.writeFileSync(`${EVM}/${value === 'active' ? 'active' : 'evm'}`, value === 'active' ? '1' : value);
    return task;
  };
  const { stack } = world;
  /** With what follows the change. */
  const after = (before: InodeFacts, changed: InodeFacts, attribute?: string): InodeFacts => {
    const made = { before: metadataOf(before), ...(attribute !== undefined && { attribute }) };
    const xattrs: Record<string, string | undefined> = { ...changed.xattrs };
    for (const { name, value } of stack.metadata.changed(metadataOf(changed), made)) xattrs[name] = value;
    return { ...changed, xattrs: JSON.parse(JSON.stringify(xattrs)) };
  };
  const set = (task: Pick<WorldTask, 'caller'>, file: InodeFacts, name: string, value: string): InodeFacts | string => {
    const refused = stack.files.setXattr(file, name, Buffer.from(value, 'latin1'), task.caller);
    if (refused !== undefined) return refused.code;
    const where = stack.files.storedName(name, task.caller);
    return after(file, { ...file, xattrs: { ...file.xattrs, [where]: value } }, where);
  };
  const chmod = (task: Pick<WorldTask, 'caller'>, file: InodeFacts, mode: number): InodeFacts | string => {
    const refused = stack.metadata.mayChange(metadataOf(file), { mode }, task.caller);
    if (refused !== undefined) return refused.code;
    return after(file, { ...file, metadata: { ...file.metadata, mode: 0o100000 | mode } });
  };
  return { world, container, set, chmod, after };
}

function file(result: InodeFacts | string): InodeFacts {
  if (typeof result === 'string') throw new Error(result);
  return result;
}

function codeOf(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  }
}

const bits = (task: WorldTask): string => task.fs.readFileSync(`${SECURITY}/evm`, 'latin1');

describe('the files of a namespace', () => {
  it('turn it on: first the namespace, then what it does, and bits add up', () => {
    const { container, world } = start();
    const task = container(userNamespace(1, A));
    expect(task.fs.readdirSync(EVM).sort()).toEqual(['active', 'evm']);
    expect([task.fs.readFileSync(`${EVM}/active`, 'latin1'), bits(task)]).toEqual(['0\n', '0']);
    const write = (name: string, text: string) => codeOf(() => task.fs.writeFileSync(`${EVM}/${name}`, text));
    expect(write('evm', '2')).toBe('EACCES');
    expect([write('active', '2'), write('active', '1'), write('active', '1')]).toEqual(['EINVAL', undefined, 'EBUSY']);
    expect([write('evm', '4'), bits(task), write('evm', '2'), bits(task)]).toEqual([undefined, '4', undefined, '6']);
    expect([write('evm', '8'), write('evm', '1'), bits(task), write('evm', '2')]).toEqual([
      'EINVAL',
      undefined,
      '3',
      'EPERM',
    ]);
    // The host's is another one, and what happens in a namespace is not logged.
    expect(world.fs.readFileSync(`${SECURITY}/evm`, 'latin1')).toBe('0');
    expect(world.kernelLog.filter((line) => line.includes('evm: key'))).toEqual([]);
  });

  it('know no key but that of the namespace', () => {
    const { container } = start();
    const task = container(userNamespace(1, OUTER), 'active');
    expect(codeOf(() => task.fs.writeFileSync(`${EVM}/evm`, '1'))).toBe('ENOENT');
    expect(bits(task)).toBe('0');
  });

  it('are those of its administrators, and end with its last task', () => {
    const { world, container } = start();
    const namespace = userNamespace(1, A);
    const task = container(namespace, 'active', '2');
    const user = world.spawn({ userNamespace: namespace, capabilities: 0n, uid: A, gid: A });
    expect(codeOf(() => user.fs.writeFileSync(`${EVM}/evm`, '4'))).toBeDefined();
    user.exit();
    task.exit();
    expect(bits(container(namespace))).toBe('0');
  });

  it('are not there in profiles without them', () => {
    const { container } = start('2018');
    expect(container(userNamespace(1, A)).fs.readdirSync(`${SECURITY}/integrity`)).toEqual(['ima']);
  });
});

describe('the HMAC of a namespace', () => {
  it('is of its own attributes by its own key, beside that of the host', () => {
    const { world, container, set } = start();
    const task = container(userNamespace(1, A), 'active', '1');
    world.fs.writeFileSync(`${SECURITY}/evm`, '1');
    const own = file(set(task, FILE, 'security.ima', IMA));
    expect(own.xattrs).toEqual({ [stored(A, 'ima')]: IMA, [stored(A, 'evm')]: hmac('key of A', FILE, [IMA]) });
    expect(set(task, own, 'security.evm', '\x02ab')).toBe('EPERM');
    const signed = file(set(task, own, 'security.evm', '\x05\x02\x04sign'));
    expect(signed.xattrs[stored(A, 'evm')]).toBe('\x05\x02\x04sign');
  });

  it('cannot be had before it is active', () => {
    const { container, set } = start();
    const task = container(userNamespace(1, A));
    expect(set(task, FILE, 'security.evm', '\x05\x02\x04sign')).toBe('EPERM');
    expect(file(set(task, FILE, 'security.ima', IMA)).xattrs).toEqual({ [stored(A, 'ima')]: IMA });
  });

  it('covers what the namespace has from the host, and follows that', () => {
    const { world, container, set } = start();
    const task = container(userNamespace(1, A), 'active', '1');
    const host = world.spawn();
    const selinux = file(set(host, FILE, 'security.selinux', 'label'));
    const own = file(set(task, selinux, 'security.ima', IMA));
    expect(own.xattrs[stored(A, 'evm')]).toBe(hmac('key of A', FILE, ['label', IMA]));
    const relabelled = file(set(host, own, 'security.selinux', 'other'));
    expect(relabelled.xattrs[stored(A, 'evm')]).toBe(hmac('key of A', FILE, ['other', IMA]));
    expect(file(set(host, relabelled, 'security.ima', IMA_OF_HOST)).xattrs[stored(A, 'evm')]).toBe(
      relabelled.xattrs[stored(A, 'evm')],
    );
  });

  it('follows owner and mode in every namespace whose key is loaded, whoever changes them', () => {
    const { world, container, set, chmod } = start();
    const [a, b] = [container(userNamespace(1, A), 'active', '1'), container(userNamespace(2, B), 'active', '1')];
    world.fs.writeFileSync(`${SECURITY}/evm`, '4');
    const host = world.spawn();
    let now = file(set(host, FILE, 'security.ima', IMA_OF_HOST));
    world.fs.writeFileSync(`${SECURITY}/evm`, '1');
    now = file(set(a, now, 'security.ima', IMA));
    now = file(set(b, { ...now, uid: B, gid: B }, 'security.ima', IMA_OF_B));
    now = { ...now, uid: A, gid: A, xattrs: { ...now.xattrs, 'security.evm': hmac('host', FILE, [IMA_OF_HOST]) } };
    // B's is of another owner by now, so what is wrong stays wrong; A's is right and follows.
    const changed = file(chmod(a, now, 0o600));
    expect(changed.xattrs[stored(A, 'evm')]).toBe(hmac('key of A', changed, [IMA]));
    expect(changed.xattrs[stored(B, 'evm')]).toBe(now.xattrs[stored(B, 'evm')]);
    const right = { ...now, xattrs: { ...now.xattrs, [stored(B, 'evm')]: hmac('key of B', now, [IMA_OF_B]) } };
    const both = file(chmod(host, right, 0o600));
    expect(both.xattrs).toMatchObject({
      'security.evm': hmac('host', both, [IMA_OF_HOST]),
      [stored(A, 'evm')]: hmac('key of A', both, [IMA]),
      [stored(B, 'evm')]: hmac('key of B', both, [IMA_OF_B]),
    });
  });

  it('keeps those in the namespace from changing a file whose metadata somebody else changed', () => {
    const { world, container, set, chmod } = start();
    const task = container(userNamespace(1, A), 'active', '1');
    const inner = container(userNamespace(2, OUTER, [1]), 'active');
    const own = file(set(task, FILE, 'security.ima', IMA));
    const wrong = { ...own, metadata: { ...own.metadata, mode: 0o100666 } };
    expect([chmod(task, wrong, 0o600), set(task, wrong, 'security.ima', IMA_OF_B), chmod(inner, wrong, 0o600)]).toEqual(
      ['EPERM', 'EPERM', 'EPERM'],
    );
    const outside = file(chmod(world.spawn(), wrong, 0o600));
    expect(outside.xattrs).toEqual(wrong.xattrs);
  });

  it('keeps from it, too, who was seen in the namespace last and is held', () => {
    const { container, set, chmod } = start();
    const task = container(userNamespace(1, A), 'active', '1');
    const own = file(set(task, FILE, 'security.ima', IMA));
    const wrong = { ...own, metadata: { ...own.metadata, mode: 0o100666 } };
    expect(chmod(task, own, 0o600)).not.toBe('EPERM');
    task.setIdentity({ userNamespace: UNKNOWN_NAMESPACE });
    expect([chmod(task, wrong, 0o600), set(task, wrong, 'system.posix_acl_access', 'list')]).toEqual([
      'EPERM',
      'EPERM',
    ]);
  });
});

const SHA256 = createHash('sha256').update('content').digest();
const DIGEST = `\x04\x04${SHA256.toString('latin1')}`;

/** Opens a file with that content. @returns of the opening: what decides, by the attributes and the name of what is remembered. */
const opening =
  (world: World, task: WorldTask) =>
  (inode: InodeFacts, key: string): unknown => {
    const ids = { uid: A, euid: A, suid: A, fsuid: A, gid: A, egid: A, sgid: A, fsgid: A };
    const context = { caller: task.caller, task: { ids, ppid: 1, tty: '(none)', exe: '/bin/cat' } };
    const times = { size: 7, mtime: '1000', ctime: '1000', writers: false, openers: false };
    const content = { key, ...times, generation: 7, digests: { sha256: SHA256.toString('hex') } };
    const { mode = 0 } = inode.metadata ?? {};
    const used = { path: '/f', device: '0:30', mode, superblock: { magic: 0xef53 }, inode, content };
    const use = { hook: 'open', mask: 4, file: used } as const;
    world.stack.uses.needs(use, context);
    return world.stack.apply({ kind: 'file-use', context, uses: [use] });
  };

describe('appraisal in a namespace', () => {
  it('sees what changes since EVM is on, also of a file that was appraised before', () => {
    const { world, container } = start();
    const task = container(userNamespace(1, A), 'active');
    task.fs.writeFileSync(`${SECURITY}/ima/policy`, 'appraise func=FILE_CHECK fowner=0\n');
    const open = opening(world, task);
    const own = { ...FILE, xattrs: { [stored(A, 'ima')]: DIGEST } };
    expect(open(own, 'file')).toBe(0);
    task.fs.writeFileSync(`${EVM}/evm`, '2');
    expect(open(own, 'file')).toBe(0); // As a kernel, which remembers its verdict.
    const changed = { ...own, xattrs: { ...own.xattrs, 'security.capability': 'any' } };
    expect(open(changed, 'file')).toMatchObject({ code: 'EACCES' });
    expect(open(own, 'another')).toMatchObject({ code: 'EACCES' });
  });

  it('goes by the HMAC of the namespace', () => {
    const { world, container, after } = start();
    const task = container(userNamespace(1, A), 'active', '1');
    task.fs.writeFileSync(`${SECURITY}/ima/policy`, 'appraise func=FILE_CHECK fowner=0\n');
    const open = opening(world, task);
    const labelled = { ...FILE, xattrs: { [stored(A, 'ima')]: DIGEST } };
    const good = after(FILE, labelled, stored(A, 'ima'));
    expect(open(good, 'good')).toBe(0);
    expect(open(labelled, 'none')).toMatchObject({ code: 'EACCES' });
    expect(open({ ...good, metadata: { ...good.metadata, mode: 0o100666 } }, 'wrong')).toMatchObject({
      code: 'EACCES',
    });
    // That of the host is not about what the namespace sees.
    const host: FileMetadata['xattrs'] = { 'security.ima': DIGEST, 'security.evm': hmac('host', FILE, [DIGEST]) };
    expect(open({ ...FILE, xattrs: host }, 'host')).toMatchObject({ code: 'EACCES' });
  });
});
