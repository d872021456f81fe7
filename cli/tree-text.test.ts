import { expect, it } from 'vitest';
import { taskId } from '../linux/ids.ts';
import type { WorldTree } from '../world/index.ts';
import { formatTree } from './tree-text.ts';

const LABELS = { selinux: 'u:r:a', apparmor: 'simple (enforce)' };

const TREE: WorldTree = {
  name: 'ci',
  profile: 'talk',
  modules: [
    { name: 'capability', id: 100 },
    {
      name: 'selinux',
      id: 101,
      namespaces: [{ name: 'init', depth: 0, tasks: 3, mode: 'enforcing', policyLoaded: true }],
    },
    {
      name: 'apparmor',
      id: 104,
      namespaces: [
        { name: 'root', depth: 0, tasks: 2, profiles: 1 },
        { name: 'a', depth: 1, tasks: 1, profiles: 0 },
        { name: 'deep', depth: 2, tasks: 0, profiles: 2 },
        { name: 'b', depth: 1, tasks: 0, profiles: 0 },
        { name: 'below', depth: 2, tasks: 0, profiles: 0 },
      ],
    },
  ],
  claims: { secmark: 'selinux', netlabel: 'selinux' },
  tasks: [
    { ...taskId(12), comm: 'b', secid: 0x10001, labels: LABELS, defaultModule: 'apparmor' },
    {
      ...taskId(7),
      comm: 'a',
      secid: 0x10000,
      labels: { ...LABELS, apparmor: 'unconfined' },
      defaultModule: 'selinux',
    },
    {
      ...taskId(8, 7),
      comm: 'a',
      secid: 0x10000,
      labels: { ...LABELS, apparmor: 'unconfined' },
      defaultModule: 'selinux',
    },
    { ...taskId(9, 7), comm: 'a', secid: 0x10001, labels: LABELS, defaultModule: 'selinux' },
  ],
  secids: [{ secid: 0x10001, labels: LABELS }],
};

it('draws modules with their namespaces, then tasks, then compound ids; a thread like its leader is left out', () => {
  expect(formatTree(TREE)).toBe(
    [
      'ci (talk)',
      '├─ capability',
      '├─ selinux  (secmark, netlabel)',
      '│  └─ init: enforcing, policy loaded, 3 tasks',
      '└─ apparmor',
      '   └─ root: 1 profile, 2 tasks',
      '      ├─ a: 0 profiles, 1 task',
      '      │  └─ deep: 2 profiles, 0 tasks',
      '      └─ b: 0 profiles, 0 tasks',
      '         └─ below: 0 profiles, 0 tasks',
      '',
      'TID  COMMAND  DEFAULT   SECID    SELINUX  APPARMOR',
      '7    a        selinux   0x10000  u:r:a    unconfined',
      '9    a        selinux   0x10001  u:r:a    simple (enforce)',
      '12   b        apparmor  0x10001  u:r:a    simple (enforce)',
      '',
      'SECID    SELINUX  APPARMOR',
      '0x10001  u:r:a    simple (enforce)',
      '',
    ].join('\n'),
  );
});

it('a world without labels has neither columns for them nor compound ids', () => {
  const tasks = [{ ...taskId(7), comm: 'a', secid: 0, labels: {} }];
  const tree = { name: 'ci', profile: 'mainline', modules: [{ name: 'yama', id: 105 }], claims: {}, tasks, secids: [] };
  expect(formatTree(tree)).toBe('ci (mainline)\n└─ yama\n\nTID  COMMAND  DEFAULT  SECID\n7    a        -        0x0\n');
});

it('says what is mediated, that nothing is refused, and how many calls the modules were not shown', () => {
  const tree = { ...TREE, modules: [], tasks: [], secids: [] };
  const shown = (logOnly: boolean, unseenCalls: number) =>
    formatTree({ ...tree, mediation: { families: ['files', 'ipc'], logOnly, unseenCalls } }).split('\n')[1];
  expect(shown(false, 0)).toBe('mediated: files, ipc');
  expect(shown(true, 1)).toBe('mediated, and not refused: files, ipc; 1 call not shown to the modules');
});
