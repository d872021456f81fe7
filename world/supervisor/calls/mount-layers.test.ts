import { expect, it } from 'vitest';
import { layerOptionsIn, withLayer } from './mount-layers.ts';

it('the options of an overlay name its layers, with escaped commas and colons', () => {
  expect(layerOptionsIn('rw,lowerdir=/a:/b,upperdir=/u,workdir=/w')).toEqual({ lowerdir: '/a', upperdir: '/u' });
  expect(layerOptionsIn('lowerdir=/a\\:b:/c,upperdir=/u\\,v')).toEqual({ lowerdir: '/a\\:b', upperdir: '/u,v' });
  expect(layerOptionsIn('xlowerdir=/a')).toEqual({});
});

it('of layers that are given one by one the first counts', () => {
  const first = withLayer({}, 'lowerdir+', '/a');
  expect(withLayer(first, 'lowerdir+', '/b')).toEqual({ lowerdir: '/a' });
});
