/**
 * The contents of booleans/ and class/: made anew by each policy load.
 */
import { NumberFile, StaticDirectory, TextFile } from '../../vfs/builders/index.ts';
import { E } from '../../vfs/errno.ts';
import type { DirectoryEntry } from '../../vfs/node.ts';
import { genfsLabel, genfsSid } from './labels.ts';
import type { LoadedPolicy } from './load.ts';
import type { ClassDatum } from './policy/index.ts';
import type { SelinuxfsContext } from './selinuxfs.ts';
import { SID } from './sidtab.ts';

const BOOLEAN_INO = 0x02000000;
const CLASS_INO = 0x04000000;
/** Inode numbers of one class: its index and up to 32 permissions. */
const CLASS_INOS = 33;

/** `ACTIVE PENDING`; a write changes the pending value only. A file that outlives its policy answers while index and name still agree. */
export function booleanNodes(context: SelinuxfsContext, loaded: LoadedPolicy): DirectoryEntry[] {
  const { state, check, init } = context;
  const entries = loaded.state.db.booleans.inValueOrder().map(({ name, value }) => {
    const index = value - 1;
    const present = () => state.loaded?.state.db.booleans.nameOf(value) === name;
    const path = `/booleans/${name}`;
    let sid = genfsSid(loaded, path, 'file');
    if (sid === undefined) {
      state.log.print(`SELinux: no sid found, defaulting to security isid for ${path}`);
      sid = SID.security;
    }
    const label = sid;
    const node = new NumberFile(
      init(path, BOOLEAN_INO | index, 0o644, 'file', () => label),
      {
        read: () => (present() ? `${state.loaded?.state.booleans[index]} ${state.pendingBooleans?.[index]}` : E.EINVAL),
        check: (caller) => check(caller, 'setbool') ?? (present() ? undefined : E.EINVAL),
        store: (written) => {
          if (state.pendingBooleans !== undefined) state.pendingBooleans[index] = written === 0 ? 0 : 1;
          return undefined;
        },
      },
    );
    return { name, node };
  });
  return entries.reverse();
}

/** `NAME/index` and `NAME/perms/PERM`, in the policy's numbering. */
export function classNodes(context: SelinuxfsContext, loaded: LoadedPolicy): DirectoryEntry[] {
  const { classes } = loaded.state.db;
  let ino = CLASS_INO | ((classes.maximum + 2) * CLASS_INOS);
  // All have the label of the directory: one rule look-up instead of thousands.
  const label = genfsLabel('/class', 'dir');
  const file = (name: string, number: number, fileIno: number) =>
    new TextFile(context.init(name, fileIno, 0o444, 'file', label), () => String(number));
  const directory = (name: string, entries: readonly DirectoryEntry[]) =>
    new StaticDirectory({ ...context.init(name, ++ino, 0o555, 'dir', label), entries });

  const permissions = (datum: ClassDatum): DirectoryEntry[] =>
    datum.permissionNames
      .flatMap((name, bit) => {
        if (name === undefined) return [];
        return [{ name, node: file(name, bit + 1, CLASS_INO | (datum.value * CLASS_INOS + bit + 1)) }];
      })
      .reverse();
  const entries = classes.inValueOrder().map((datum) => {
    const node = directory(datum.name, []);
    const index = file('index', datum.value, CLASS_INO | (datum.value * CLASS_INOS));
    node.replace([
      { name: 'perms', node: directory('perms', permissions(datum)) },
      { name: 'index', node: index },
    ]);
    return { name: datum.name, node };
  });
  return entries.reverse();
}
