import { expect, it } from 'vitest';
import { decidedFamilies, FAMILIES } from './mediation.ts';

it('families about which no module decides are not mediated', () => {
  expect(decidedFamilies(FAMILIES, () => false)).toEqual([]);
  expect(decidedFamilies(FAMILIES, (hook) => hook === 'fileOpen')).toEqual(['files', 'ipc']);
  expect(decidedFamilies(FAMILIES, (hook) => hook === 'capable')).toEqual(['tasks', 'forks', 'mounts', 'capabilities']);
  expect(decidedFamilies(['stat', 'ioctl'], (hook) => hook === 'fileIoctl')).toEqual(['ioctl']);
});
