import { expect, it } from 'vitest';
import { capabilityNames, dropOptions, KEPT_MASK } from './daemon-capabilities.ts';

const status = (bounding: string, inheritable = '0000000000000000'): string =>
  `Name:\tnode\nCapInh:\t${inheritable}\nCapPrm:\t${bounding}\nCapBnd:\t${bounding}\n`;

it('a daemon loses what is in neither set that it needs, also what no kernel has yet', () => {
  expect(dropOptions(status('8000000040200021'))).toEqual([
    '--bounding-set=-cap_0,-cap_63',
    '--inh-caps=-cap_0,-cap_63',
  ]);
  expect(dropOptions(status('0000000000200000', '0000000000000101'))[0]).toBe('--bounding-set=-cap_0,-cap_8');
});

it('nothing to lose, nothing to do', () => {
  expect(dropOptions(status(KEPT_MASK.toString(16).padStart(16, '0')))).toEqual([]);
  expect(dropOptions('')).toEqual([]);
});

it('names', () => {
  expect(capabilityNames((1n << 21n) | (1n << 5n) | 1n)).toEqual(['cap_0', 'kill', 'sys_admin']);
});
