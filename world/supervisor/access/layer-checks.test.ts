import { expect, it } from 'vitest';
import { O_RDONLY, O_TRUNC, O_WRONLY } from '../../../linux/fcntl.ts';
import { MAY_APPEND, MAY_EXEC, MAY_READ, MAY_WRITE } from '../../../linux/fs.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { ATTR } from '../../../lsm/framework/access/file-access.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { InodeClass } from '../../../lsm/framework/files/inode.ts';
import { withLayers } from './layer-checks.ts';

const LAYER = { device: '8:1', filesystem: { type: 'ext4', id: 'sda1' }, mount: '0:50', capabilities: 1n };

function shown(copied?: boolean, objectClass: InodeClass = 'file'): FileFacts {
  const inode = { class: objectClass, filesystem: { type: 'overlay', id: 'overlay' }, path: '/m/f', entry: '/f' };
  return {
    path: '/m/f',
    device: '0:50',
    mode: 0,
    inode: { ...inode, ino: 7, uid: 0, gid: 0, xattrs: {} },
    layer: { ...LAYER, ...(copied !== undefined && { copied }) },
  };
}

/** The caller's check as its hook; of those of the layers also the device and what is asked. */
const asked = (check: AccessCheck): string[] =>
  withLayers([check]).map(({ hook, about, by }) => {
    const { file, mask, flags, attributes } = about as { file: FileFacts } & Record<string, number | undefined>;
    return by === undefined ? hook : `${by.device} ${hook} ${file.device} ${mask ?? flags ?? attributes ?? ''}`.trim();
  });

const permission = (file: FileFacts, mask: number): string[] =>
  asked({ hook: 'inodePermission', about: { file, mask } });
const open = (file: FileFacts, flags: number): string[] => asked({ hook: 'fileOpen', about: { file, flags } });

it('what is on no overlay, or on one that was mounted outside, is asked about once', () => {
  const { layer: _, ...file } = shown();
  const checks: AccessCheck[] = [{ hook: 'inodePermission', about: { file, mask: MAY_READ } }];
  expect(withLayers(checks)).toBe(checks);
});

it('the mounter is asked first; it reads what the caller is to write and is not copied yet', () => {
  expect(permission(shown(false), MAY_READ | MAY_EXEC)).toEqual(['0:50 inodePermission 8:1 5', 'inodePermission']);
  expect(permission(shown(false), MAY_WRITE | MAY_APPEND)[0]).toBe('0:50 inodePermission 8:1 4');
  expect(permission(shown(false, 'dir'), MAY_WRITE | MAY_EXEC)[0]).toBe('0:50 inodePermission 8:1 5');
  expect(permission(shown(false, 'chr_file'), MAY_WRITE)[0]).toBe('0:50 inodePermission 8:1 2');
  expect(permission(shown(true), MAY_WRITE)[0]).toBe('0:50 inodePermission 0:50 2');
});

it('where it is not known which layer has the file nothing is asked about writing it', () => {
  expect(permission(shown(), MAY_WRITE | MAY_EXEC)[0]).toBe('0:50 inodePermission 8:1 1');
  expect(open(shown(), O_WRONLY)).toEqual(['fileOpen']);
});

it('what is opened to be written is copied first, and has the label that it is shown with then', () => {
  expect(open(shown(false), O_RDONLY)).toEqual(['fileOpen', '0:50 inodePermission 8:1 4', '0:50 fileOpen 8:1 0']);
  const copied = ['0:50 inodeGetattr 8:1', '0:50 inodePermission 8:1 4', '0:50 fileOpen 8:1 0'];
  const written = ['0:50 inodePermission 0:50 2', '0:50 fileOpen 0:50 1'];
  expect(open(shown(false), O_WRONLY)).toEqual(['fileOpen', ...copied, ...written]);
  expect(open(shown(false), O_WRONLY | O_TRUNC)).toEqual(['fileOpen', '0:50 inodeGetattr 8:1', ...written]);
  expect(open(shown(true), O_WRONLY)).toEqual(['fileOpen', ...written]);
  expect(open(shown(true, 'chr_file'), O_WRONLY)).toEqual(['fileOpen']);
});

it('so is what gets other attributes, but for who truncates what it has open', () => {
  const set = (attributes: number) => asked({ hook: 'inodeSetattr', about: { file: shown(false), attributes } });
  const copied = ['0:50 inodeGetattr 8:1', '0:50 inodePermission 8:1 4', '0:50 fileOpen 8:1 0'];
  expect(set(ATTR.MODE)).toEqual(['inodeSetattr', ...copied, `0:50 inodeSetattr 0:50 ${ATTR.MODE}`]);
  expect(set(ATTR.SIZE | ATTR.FILE)).toEqual(['inodeSetattr', `0:50 inodeSetattr 0:50 ${ATTR.SIZE}`]);
});

it('a refusal counts as that of the caller would, and the path begins at the layer', () => {
  const [below] = withLayers([
    { hook: 'inodePermission', about: { file: shown(false), mask: MAY_READ }, refusal: 'ignored' },
  ]);
  expect(below).toMatchObject({ refusal: 'ignored', about: { file: { path: '/f', shownAt: '/m/f' } } });
});
