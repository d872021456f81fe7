import { Command } from 'commander';
import { expect, it } from 'vitest';
import { addStackOptions, type StackFlags, stackOptions } from './options.ts';

function parametersOf(...given: string[]) {
  const command = addStackOptions(new Command().exitOverride(), 'none');
  const argv = given.flatMap((text) => ['--param', text]);
  return stackOptions(command.parse(argv, { from: 'user' }).opts<StackFlags>()).parameters;
}

it('a boot parameter that is given again adds up where the kernel’s does, else its last value counts', () => {
  expect(parametersOf('ima_policy=tcb', 'ima_policy=secure_boot|fail_securely')).toEqual({
    ima_policy: 'tcb|secure_boot|fail_securely',
  });
  expect(parametersOf('apparmor=0', 'ima_tcb', 'apparmor=1')).toEqual({ apparmor: '1', ima_tcb: '' });
});
