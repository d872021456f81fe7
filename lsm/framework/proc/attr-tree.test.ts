import { beforeEach, describe, expect, it } from 'vitest';
import { E, failed } from '../../../linux/errno.ts';
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC } from '../../../linux/fcntl.ts';
import { KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import type { Handle, Position } from '../../../vfs/tree/node.ts';
import { MountTable } from '../../../vfs/user/mounts.ts';
import { PathOperations } from '../../../vfs/user/path-operations.ts';
import type { KernelProfile } from '../config.ts';
import type { ModuleDefinition } from '../module.ts';
import type { Stack } from '../stack.ts';
import type { Task } from '../task.ts';
import { bootToys, type FactTable, toy } from '../testing/toy.ts';

const SIX = ['current', 'prev', 'exec', 'fscreate', 'keycreate', 'sockcreate'] as const;

const { labelling: _, attrDirectory: __, ...PLAIN } = toy('plain', 904);
/** A directory in no mainline kernel, one of one file, one of three, and none. */
const KNOWN: readonly ModuleDefinition[] = [
  { ...PLAIN, name: 'late', id: 901, labelling: true, addedAttrDirectory: SIX },
  toy('small', 902, { attrDirectory: ['current'] }),
  toy('usual', 903, { attrDirectory: ['current', 'prev', 'exec'] }),
  PLAIN,
];

const SHARED = ['display', 'display_lsm', 'interface_lsm', 'context'];

let facts: FactTable;
let stack: Stack;
let mounts: MountTable;
let paths: PathOperations;

function start(modules: readonly string[], profile: KernelProfile = 'mainline'): void {
  const chosen = KNOWN.filter(({ name }) => modules.includes(name));
  const booted = bootToys(chosen, { profile });
  ({ facts, stack } = booted);
  facts.add(100);
  facts.add(101, 100);
  mounts = new MountTable();
  mounts.mount('/proc', booted.stack.attrTree);
  paths = new PathOperations(mounts);
}

beforeEach(() => start(['late', 'small', 'usual']));

function list(path: string): string[] | string {
  const entries = paths.readEntries(`/proc/${path}`, KERNEL_CALLER);
  return failed(entries) ? entries.code : entries.map(({ name }) => name);
}

function show(path: string): string {
  const place = paths.resolve(`/proc/${path}`, false, KERNEL_CALLER);
  if (failed(place)) return place.code;
  const { mode, uid, gid, size, nlink } = place.node.attributes(KERNEL_CALLER);
  return `${mode.toString(8)} ${uid}:${gid} ${size} ${nlink}`;
}

describe('layout', () => {
  it.each([
    [['late', 'small', 'usual'], 'mainline', [...SIX, 'small', 'usual']],
    [['late', 'usual', 'plain'], 'mainline', [...SIX, 'usual']],
    [['plain'], 'mainline', SIX],
    [['late', 'small', 'usual'], 'talk', [...SIX, ...SHARED, 'small', 'usual', 'late']],
    [['plain'], 'talk', [...SIX, ...SHARED]],
  ] as const)('%j in %s', (modules, profile, expected) => {
    start(modules, profile);
    expect(list('100/attr')).toEqual(expected);
    expect(list('100/task/101/attr')).toEqual(expected);
    expect(list('101/attr')).toEqual(expected);
  });

  it('another view lists less of an attr directory, and finds all', () => {
    start(['late', 'usual'], 'talk');
    const listed = ['current', 'exec', 'usual'];
    const root = stack.attrRootFor({ opener: (caller) => caller, lists: (name) => listed.includes(name) });
    mounts.mount('/proc/100', { ...stack.attrTree, root });
    expect(list('100/100/attr')).toEqual(listed);
    expect(list('100/100/attr/usual')).toEqual(['current', 'prev', 'exec']);
    expect(show('100/100/attr/display')).toBe('100666 0:0 0 1');
    expect(list('101/attr')).toContain('display');
  });

  it('subdirectories have the files of their module', () => {
    expect(list('100/attr/small')).toEqual(['current']);
    expect(list('100/attr/usual')).toEqual(['current', 'prev', 'exec']);
    expect(list('100/attr/late')).toBe('ENOENT');
    start(['late'], 'talk');
    expect(list('100/attr/late')).toEqual(SIX);
  });

  it('has the files that modules serve by themselves, while the task lives', () => {
    const open = ({ tid }: Task): Handle => ({ writeMovesPosition: false, read: () => Buffer.from(String(tid)) });
    const files = [
      { name: 'own', mode: 0o644, open },
      { name: 'own', directory: 'below', mode: 0o666, open },
    ];
    const booted = bootToys([{ ...PLAIN, create: () => ({ hooks: {}, attrFiles: files }) }]);
    ({ facts, stack } = booted);
    facts.add(100);
    mounts = new MountTable();
    mounts.mount('/proc', stack.attrTree);
    paths = new PathOperations(mounts);
    expect([list('100/attr'), list('100/attr/below')]).toEqual([[...SIX, 'own', 'below'], ['own']]);
    expect([show('100/attr/own'), show('100/attr/below/own')]).toEqual(['100644 0:0 0 1', '100666 0:0 0 1']);
    const place = paths.resolve('/proc/100/attr/below/own', true, KERNEL_CALLER);
    const node = failed(place) ? undefined : place.node;
    const handle = node?.kind === 'file' ? node.open(O_RDONLY, KERNEL_CALLER) : E.EIO;
    const read = () => (failed(handle) ? handle : handle.read?.(9, { offset: 0 } as Position, KERNEL_CALLER));
    expect(String(read())).toBe('100');
    facts.table.clear();
    expect(read()).toBe(E.ESRCH);
  });

  it('modes, sizes and link counts are those recorded', () => {
    expect(show('100/attr')).toBe('40555 0:0 0 2');
    expect(show('100/attr/usual')).toBe('40555 0:0 0 2');
    expect(show('100/attr/current')).toBe('100666 0:0 0 1');
    expect(show('100/attr/prev')).toBe('100444 0:0 0 1');
    expect(show('100/attr/usual/prev')).toBe('100444 0:0 0 1');
    expect(show('100/attr/small/current')).toBe('100666 0:0 0 1');
    start(['late'], 'talk');
    expect(SHARED.map((name) => show(`100/attr/${name}`).split(' ')[0])).toEqual([
      '100666',
      '100666',
      '100666',
      '100444',
    ]);
  });

  it('directories belong to the user, files to root while the process is not dumpable', () => {
    facts.add(100, 100, { uid: 1000, gid: 1001 });
    expect(show('100/attr')).toMatch(/ 1000:1001 /);
    expect(show('100/attr/current')).toMatch(/ 1000:1001 /);
    facts.add(100, 100, { uid: 1000, gid: 1001, fileUid: 0, fileGid: 0 });
    expect(show('100/attr/usual')).toMatch(/ 1000:1001 /);
    expect(show('100/attr/current')).toMatch(/ 0:0 /);
  });

  it('lists the threads of a process, and only finds its own', () => {
    facts.add(200);
    expect(list('100/task')).toEqual(['100', '101']);
    expect(list('')).toEqual(['100']);
    expect(show('100/task/200')).toBe('ENOENT');
  });

  it.each(['0', '0100', '100 ', '-1', 'x', '99', '99999999999', '100/attr/nothing', '100/nothing'])('no %s', (path) => {
    expect(show(path)).toBe('ENOENT');
  });

  it('a node is found again as the same node', () => {
    const node = () => {
      const place = paths.resolve('/proc/100/attr/current', true, KERNEL_CALLER);
      return failed(place) ? place : place.node;
    };
    expect(node()).toBe(node());
  });

  it('is empty when the task is gone', () => {
    const place = paths.resolve('/proc/100/attr', true, KERNEL_CALLER);
    facts.table.clear();
    expect(list('100/attr')).toBe('ENOENT');
    const node = failed(place) ? undefined : place.node;
    expect(node?.kind === 'directory' && node.lookup('current', KERNEL_CALLER)).toBe(E.ENOENT);
  });
});

describe('nothing can be made, removed or changed', () => {
  const at = (name: string) => `/proc/100/attr/${name}`;

  it.each<[string, () => unknown, unknown]>([
    ['open for creation', () => paths.open(at('nothing'), O_RDWR | O_CREAT, 0o600, KERNEL_CALLER), E.ENOENT],
    ['mkdir', () => paths.mkdir(at('x'), 0o700, KERNEL_CALLER), E.ENOENT],
    ['mkdir of what is there', () => paths.mkdir(at('current'), 0o700, KERNEL_CALLER), E.EEXIST],
    ['symlink', () => paths.symlink('a', at('x'), KERNEL_CALLER), E.ENOENT],
    ['link', () => paths.link(at('current'), at('x'), KERNEL_CALLER), E.ENOENT],
    ['unlink', () => paths.unlink(at('current'), KERNEL_CALLER), E.EPERM],
    ['rmdir', () => paths.rmdir(at('usual'), KERNEL_CALLER), E.EPERM],
    ['chmod', () => paths.setAttributes(at('current'), true, { mode: 0o600 }, KERNEL_CALLER), E.EPERM],
    ['chmod of a directory', () => paths.setAttributes(at(''), true, { mode: 0o700 }, KERNEL_CALLER), E.EPERM],
    ['chown', () => paths.setAttributes(at('current'), true, { uid: 5, gid: 6 }, KERNEL_CALLER), undefined],
    ['truncate', () => paths.truncate(at('current'), 5, KERNEL_CALLER), undefined],
  ])('%s', (_name, act, expected) => {
    expect(act()).toBe(expected);
    expect(show('100/attr/current')).toBe('100666 0:0 0 1');
  });

  it('truncating and creating opens of what is there succeed', () => {
    expect(failed(paths.open(at('current'), O_RDWR | O_CREAT | O_TRUNC, 0, KERNEL_CALLER))).toBe(false);
  });
});
