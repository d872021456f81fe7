import { describe, expect, it } from 'vitest';
import { textOf } from '../../../linux/bytes.ts';
import { failed } from '../../../linux/errno.ts';
import { BIN, confined, DATA, file, get, NAME, records, set, TMP } from '../../../test/selinux/confined-namespace.ts';
import type { NamespaceBox, NamespaceTask } from '../../../test/selinux/namespace-box.ts';
import { policyImage } from '../../../test/selinux-golden/selinux-box.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { InodeFacts } from '../../framework/files/inode.ts';

describe('labels of files', () => {
  const labelled = file({ [NAME]: DATA, [`${NAME}.c`]: TMP });

  it.each(['talk', '2018'] as const)('are each namespace`s own under the plain name: %s', (profile) => {
    const { box, host, child } = confined(profile);
    host.write('enforce', '0');
    expect(get(box, host, labelled)).toBe(`${DATA}\0`);
    expect(get(box, child, labelled)).toBe(`${TMP}\0`);
    expect(get(box, child, file({ [NAME]: BIN }))).toBe(`${TMP}\0`); // by the rules of its filesystem
    const both = (task: NamespaceTask) => [
      box.stack.files.storedName(NAME, task.caller),
      ...box.stack.files.listXattr(task.caller),
    ];
    expect(both(host)).toEqual([NAME, NAME]);
    expect(both(child)).toEqual([`${NAME}.c`, NAME]);
  });

  it('are one in 2025', () => {
    const { box, host, child } = confined('2025');
    host.write('enforce', '0');
    expect(get(box, child, labelled)).toBe(`${DATA}\0`);
    expect(box.stack.files.storedName(NAME, child.caller)).toBe(NAME);
    expect(box.stack.declared.xattrNames).toEqual([NAME]);
  });

  it('stored names belong to the administrator of the initial namespace', () => {
    const { box, host, child } = confined();
    const stored = `${NAME}.c`;
    expect(box.stack.declared.xattrNames).toEqual([NAME, `${NAME}.`]);
    expect(get(box, host, labelled, stored)).toBe('EOPNOTSUPP'); // what is stored counts
    expect(set(box, host, labelled, 'anything', stored)).toBeUndefined();
    expect(box.stack.files.removeXattr(labelled, stored, host.caller)).toBeUndefined();
    const plain = { ...host.caller, capabilities: 0n };
    expect(box.stack.files.setXattr(labelled, stored, new Uint8Array(1), plain)?.code).toBe('EPERM');
    expect(set(box, child, labelled, 'anything', stored)).toBe('EPERM');
    expect(set(box, child, labelled, 'anything', `${NAME}.other`)).toBe('EPERM');
    expect(box.stack.files.removeXattr(labelled, stored, child.caller)?.code).toBe('EPERM');
    expect(set(box, child, labelled, 'anything', `${NAME}s`)).toBeUndefined();
  });

  const init = (box: NamespaceBox, task: NamespaceTask, directory: InodeFacts) =>
    Object.fromEntries(
      box.stack.files
        .initSecurity(directory, { class: 'file', name: 'plain' }, task.caller)
        .xattrs.map(({ name, value }) => [name, textOf(value)]),
    );
  const directory = file({ [NAME]: BIN, [`${NAME}.c`]: DATA }, { class: 'dir', path: '/d' });

  it.each(['talk', '2018'] as const)('a new file gets one for each namespace that its maker is in: %s', (profile) => {
    const { box, host, child } = confined(profile);
    expect(init(box, child, directory)).toEqual({ [NAME]: `${BIN}\0`, [`${NAME}.c`]: `${DATA}\0` });
    expect(init(box, host, directory)).toEqual({ [NAME]: `${BIN}\0` });
  });

  it('or one for all, by the policy of the namespace that makes it or of the nearest that has one', () => {
    const { box, child } = confined('2025');
    expect(init(box, child, directory)).toEqual({ [NAME]: `${BIN}\0` });
    const bare = confined('2025', '');
    expect(init(bare.box, bare.child, directory)).toEqual({ [NAME]: `${BIN}\0` });
  });

  it('before its own policy a namespace changes those of the one around', () => {
    const { box, host, child } = confined('talk', '');
    host.write('enforce', '0');
    expect(box.stack.files.storedName(NAME, child.caller)).toBe(NAME);
    expect(set(box, child, labelled, 'no such label', NAME)).toBeUndefined(); // CAP_MAC_ADMIN
    expect(records(box).map((line) => /\{ (.*) \}/.exec(line)?.[1])).toEqual(
      expect.arrayContaining(['relabelfrom', 'relabelto']),
    );
    expect(get(box, child, labelled)).toBe('EOPNOTSUPP');
    expect(box.stack.files.listXattr(child.caller)).toEqual([]);
  });
});

describe('labels of the nodes of selinuxfs', () => {
  /** The label that `viewer` finds on a node of the selinuxfs of `shown`. */
  function label(box: NamespaceBox, shown: NamespaceTask, name: string, viewer: NamespaceTask): string {
    const instance = box.stack.filesystems.mount('selinuxfs', shown.caller);
    const node = failed(instance) ? instance : instance.root.lookup(name, KERNEL_CALLER);
    const value = failed(node) ? node : node.xattrs?.get(NAME, viewer.caller);
    return value === undefined || failed(value) ? String(value?.code) : textOf(value);
  }

  it('are those of the viewer`s policy, whatever the instance', () => {
    const { box, host, child } = confined('talk', '');
    const security = 'msys_u:object_r:msec_t:s0\0';
    expect([label(box, host, 'enforce', host), label(box, child, 'enforce', host)]).toEqual([security, security]);
    expect([label(box, host, 'enforce', child), label(box, child, 'enforce', child)]).toEqual([
      'EOPNOTSUPP',
      'EOPNOTSUPP',
    ]);
    const other = Buffer.from(policyImage('mini.33')).toString('latin1').replaceAll('msec_t', 'mcec_t');
    child.write('load', Buffer.from(other, 'latin1'));
    const own = 'msys_u:object_r:mcec_t:s0\0';
    expect([label(box, host, 'enforce', child), label(box, child, 'enforce', child)]).toEqual([own, own]);
    expect(label(box, child, 'enforce', host)).toBe(security);
  });
});
