import { expect, it } from 'vitest';
import { tidOf } from '../../../linux/ids.ts';
import type { FileFacts } from '../../../lsm/framework/files/file-facts.ts';
import type { LayeredMount } from '../../../lsm/framework/files/layers.ts';
import { Layers, type LayersHost } from './layers.ts';

const EXT4 = { device: '8:1', filesystem: { type: 'ext4', id: 'sda1' } };
const MOUNT: LayeredMount = {
  lower: { ...EXT4, device: '8:2' },
  upper: { ...EXT4, path: '/u', ino: 5, namespace: 'mnt:[1]' },
  capabilities: 1n,
};

function layers({
  mount = MOUNT as LayeredMount | null,
  ino = 5,
  namespace = 'mnt:[1]',
  names = ['./f'],
  error = 2,
} = {}) {
  let asked = 0;
  const epoch = { now: 1 };
  const host = {
    epoch,
    ask: () => {
      asked++;
      return { errno: 0, value: mount };
    },
    view: {
      readlinkAt: () => namespace,
      resolveForCaller: () => 9,
      identity: () => ({ ino, major: 8, minor: 1 }),
      mayAsk: () => true,
      openAt2: (_directory: number, name: string) => (names.includes(name) ? 10 : -error),
      close: () => undefined,
    },
  } as unknown as LayersHost;
  const known = new Layers(host);
  const of = (entry: string, type = 'overlay') =>
    known.of({ device: '0:50', inode: { filesystem: { type, id: type }, entry } as FileFacts['inode'] }, tidOf(7));
  return { of, epoch, asked: () => asked };
}

it('a file is in the upper layer if its path is there', () => {
  const { of } = layers();
  expect(of('/f')).toMatchObject({ copied: true, device: '8:1', mount: '0:50' });
  expect(of('/g')).toMatchObject({ copied: false, device: '8:2' });
  const { upper: _, ...readOnly } = MOUNT;
  expect(layers({ mount: readOnly }).of('/f')).toMatchObject({ copied: false });
});

it('it is not known in another mount namespace, where another directory has the path by now, or who asks may not look', () => {
  for (const other of [{ namespace: 'mnt:[2]' }, { ino: 6 }, { names: [], error: 13 }])
    expect(layers(other).of('/f')?.copied).toBeUndefined();
});

it('who mounted a filesystem is asked for once, until something may have changed', () => {
  const { of, epoch, asked } = layers({ mount: null });
  expect([of('/f'), of('/f', 'ext4'), of('/g'), asked()]).toEqual([undefined, undefined, undefined, 1]);
  epoch.now++;
  of('/f');
  expect(asked()).toBe(2);
});
