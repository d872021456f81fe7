import { expect, it, test } from 'vitest';
import { fileLabelNames } from '../declared.ts';
import type { ModuleFacts } from '../module-facts.ts';
import { bootToys, toy } from '../testing/toy.ts';
import { fileLabellers } from './file-labellers.ts';

const labels = (name: string, id: number): ModuleFacts => ({
  ...toy(name, id),
  labelsFiles: true,
  filesystem: { type: `${name}fs`, mountPoint: `/sys/fs/${name}fs`, registeredAfter: [] },
});
const KNOWN = [labels('first', 901), labels('second', 902), toy('labelsTasks', 903)];

test.each([
  ['nothing can be read', '', '', []],
  ['no module labels files', 'nodev\tsysfs\n\text4\nnodev\tsecurityfs\n', 'capability,labelsTasks', []],
  ['the type is registered', 'nodev\tsysfs\n\text4\nnodev\tfirstfs\n', '', ['first']],
  ['securityfs says so', '', 'capability,second\n', ['second']],
  ['both say so', 'nodev\tfirstfs\nnodev\tsecondfs\n', 'capability,first,second', ['first', 'second']],
  ['a type is only called like one', 'nodev\tnotfirstfs\n\tsecondfs2\n', 'seconding', []],
])('%s', (_what, filesystems, modules, expected) => {
  expect(fileLabellers({ filesystems, modules }, KNOWN)).toEqual(expected);
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
