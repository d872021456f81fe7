import { expect, it } from 'vitest';
import { CAP } from '../../../linux/capability.ts';
import { tidOf } from '../../../linux/ids.ts';
import { inodeFacts } from '../../../lsm/framework/testing/files.ts';
import type { WorkerContext } from '../context.ts';
import { layerOptionsIn, noteMounter, withLayer } from './mount-layers.ts';

it('the options of an overlay name its layers, with escaped commas and colons', () => {
  expect(layerOptionsIn('rw,lowerdir=/a:/b,upperdir=/u,workdir=/w')).toEqual({ lowerdir: '/a', upperdir: '/u' });
  expect(layerOptionsIn('lowerdir=/a\\:b:/c,upperdir=/u\\,v')).toEqual({ lowerdir: '/a\\:b', upperdir: '/u,v' });
  expect(layerOptionsIn('xlowerdir=/a')).toEqual({});
});

it('of layers that are given one by one the first counts', () => {
  const first = withLayer({}, 'lowerdir+', '/a');
  expect(withLayer(first, 'lowerdir+', '/b')).toEqual({ lowerdir: '/a' });
});

it('who may not mount is not noted as a mounter', () => {
  const asked: string[] = [];
  const context = (effectiveCapabilities: bigint) =>
    ({
      ask: ({ kind }: { readonly kind: string }) => void asked.push(kind),
      call: { tid: tidOf(7), id: 1n },
      files: { look: () => ({ path: '/l', device: '8:1', inode: inodeFacts({ uid: 0 }) }) },
      mediator: { families: new Set(['files']), credentials: () => ({ capabilities: effectiveCapabilities }) },
      view: {
        status: () => ({ effectiveCapabilities }),
        resolveForCaller: () => 9,
        readlinkAt: () => 'mnt:[1]',
        close: () => undefined,
      },
    }) as unknown as WorkerContext;
  const [nothing, all] = [context(0n), context(1n << BigInt(CAP.SYS_ADMIN))];
  expect(noteMounter(nothing, 'overlay', { lowerdir: '/l' })).toBeUndefined();
  expect(asked).toEqual([]);
  expect(noteMounter(all, 'overlay', { lowerdir: '/l' })).toMatchObject({ noted: 'mounting 1' });
  expect(asked).toEqual(['maker-note']);
});
