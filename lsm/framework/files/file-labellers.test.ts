import { expect, it, test } from 'vitest';
import { KNOWN_MODULES, knownModule } from '../../known-modules.ts';
import { fileLabelNames } from '../declared.ts';
import { bootToys, toy } from '../testing/toy.ts';
import { fileLabellers } from './file-labellers.ts';

test.each([
  ['nothing can be read', '', '', []],
  ['no module labels files', 'nodev\tsysfs\n\text4\nnodev\tsecurityfs\n', 'lockdown,capability,yama,apparmor', []],
  ['the type is registered', 'nodev\tsysfs\n\text4\nnodev\tselinuxfs\n', '', ['selinux']],
  ['securityfs says so', '', 'capability,smack\n', ['smack']],
  ['both say so', 'nodev\tselinuxfs\nnodev\tsmackfs\n', 'capability,selinux,smack', ['selinux', 'smack']],
  ['a type is only called like one', 'nodev\tnotselinuxfs\n\tsmackfs2\n', 'smacking', []],
])('%s', (_what, filesystems, modules, expected) => {
  expect(fileLabellers({ filesystems, modules }, KNOWN_MODULES)).toEqual(expected);
});

it('every module that labels files says by what it is recognised', () => {
  for (const name of fileLabellers({ filesystems: '', modules: 'selinux,smack' }, KNOWN_MODULES)) {
    expect(knownModule(name).labelling).toBe(true);
  }
});

it('a stack has the names of chosen modules that are active', () => {
  const labeller = (name: string, id: number, xattrs: readonly string[]) => ({
    ...toy(name, id),
    create: () => ({ hooks: {}, xattrs }),
  });
  const { stack } = bootToys([
    labeller('one', 201, ['security.one', 'security.one.']),
    labeller('two', 202, ['security.two', 'security.two2']),
    toy('none', 203),
  ]);
  expect(fileLabelNames(stack.modules, ['one', 'none', 'absent'])).toEqual(['security.one']);
  expect(fileLabelNames(stack.modules, ['two'])).toEqual(['security.two', 'security.two2']);
  expect(fileLabelNames(stack.modules, [])).toEqual([]);
});
