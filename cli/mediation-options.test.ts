import { Command } from 'commander';
import { expect, it } from 'vitest';
import { DEFAULT_FAMILIES, FAMILIES } from '../world/index.ts';
import { addMediationOptions, type MediationFlags, mediationOptions } from './mediation-options.ts';

function meant(...argv: string[]) {
  const command = addMediationOptions(new Command().exitOverride().configureOutput({ writeErr: () => {} }));
  return mediationOptions(command.parse(argv, { from: 'user' }).opts<MediationFlags>()).mediation;
}

it('the usual families are mediated unless something else is asked for', () => {
  expect(meant()).toEqual({ families: DEFAULT_FAMILIES, logOnly: false });
  expect(meant('--mediate-log-only')).toEqual({ families: DEFAULT_FAMILIES, logOnly: true });
  expect(meant('--no-mediation')).toBeUndefined();
  expect(() => meant('--mediate=all', '--no-mediation')).toThrow('--mediate has no use with --no-mediation.');
});

it('families are listed, or all, or those that do not ask for each of the most frequent calls', () => {
  expect(meant('--mediate=files,stat')).toEqual({ families: ['files', 'stat'], logOnly: false });
  expect(meant('--mediate=all', '--mediate-log-only')).toEqual({ families: FAMILIES, logOnly: true });
  expect(meant('--mediate=default')).toEqual(meant());
  expect(FAMILIES.filter((family) => !DEFAULT_FAMILIES.includes(family))).toEqual([
    'stat',
    'forks',
    'messages',
    'content',
  ]);
  expect(() => meant('--mediate=file')).toThrow('choose from');
});
