import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { compilationFlags } from './compilation.ts';

it('sets nothing but flags that this V8 has', () => {
  const { status, stderr } = spawnSync(process.execPath, [...compilationFlags(), '--eval', '0'], { encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

it('knows those of one version only', () => {
  expect(compilationFlags('11.3.244.8-node.33')).toContain('--ticks-before-optimization=1');
  expect(compilationFlags('12.4.254.21-node.33')).toEqual([]);
});
