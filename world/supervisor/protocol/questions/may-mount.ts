import { textOf } from '../../../../linux/bytes.ts';
import type { Tid } from '../../../../linux/ids.ts';
import type { MountLabels } from '../../../../lsm/framework/files/inode.ts';
import { type Answer, errnoAnswer, ofCaller } from './question.ts';

interface MayMount {
  readonly tid: Tid;
  readonly type: string;
  readonly labels: MountLabels;
}

/** What is kept of a superblock that is allowed. */
export interface NewSuperblock {
  readonly labels: MountLabels;
  /** Attributes of its root, name to value (latin-1). */
  readonly root: Readonly<Record<string, string>>;
}

/** Of each mount(2) of these the kernel makes a superblock: get_tree_nodev(). Others may have one, whose root somebody else made. */
const MADE_BY_EACH_MOUNT: ReadonlySet<string> = new Set(['tmpfs', 'ramfs', 'devpts', 'hugetlbfs']);
const ROOT = { class: 'dir', name: '', byKernel: true, isRoot: true } as const;

/** The modules' decision about a new superblock with these label options. */
export const mayMount = ofCaller(({ backend }, { type, labels }: MayMount, caller): Answer<NewSuperblock> => {
  backend.superblocks.forgetUnmounted();
  const { files } = backend;
  const refused = files.mayMount(type, labels, caller);
  if (refused) return errnoAnswer(refused);
  const kept = files.keptOptions(labels, caller);
  if (!MADE_BY_EACH_MOUNT.has(type)) return { errno: 0, value: { labels: kept, root: {} } };
  const filesystem = { type, id: type, labels: kept };
  const { uid, gid } = caller;
  const place = { class: 'dir', filesystem, path: '/', ino: 0, uid, gid, xattrs: {} } as const;
  const { xattrs } = files.initSecurity(place, ROOT, caller);
  const root = Object.fromEntries(xattrs.map(({ name, value }) => [name, textOf(value)]));
  return { errno: 0, value: { labels: kept, root } };
});
