/**
 * PTAGS: tags of processes, in /proc/<pid>/attr/ptags. fork copies them, exec keeps those with `@`.
 *
 * Model: the patches of Jose Bollo, 2016, as far as they are described; no kernel was recorded.
 */
import type { ModuleDefinition } from '../framework/module.ts';
import { tagFile } from './tag-file.ts';
import type { Tags } from './tags.ts';

export const ptags: ModuleDefinition = {
  name: 'ptags',
  id: 1001,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  create: (host) => {
    const tags = host.taskBlob<Tags>('ptags', { initial: () => new Map(), fork: (parent) => parent });
    return {
      hooks: {
        bprmCommittedCreds: (task) => tags.set(task, new Map([...tags.of(task)].filter(([, { keep }]) => keep))),
      },
      attrFiles: [tagFile(tags, (caller) => host.taskOf(caller))],
    };
  },
};
