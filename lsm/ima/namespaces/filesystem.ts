/**
 * securityfs of an IMA namespace: ima_fs_ns_init() and securityfs_fill_super() of the series. There are IMA's files in
 * it, and what other modules have for the user namespace.
 */
import { textOf } from '../../../linux/bytes.ts';
import { E, type Errno } from '../../../linux/errno.ts';
import { SECURITYFS_MAGIC } from '../../../linux/magic.ts';
import {
  CallerSymlink,
  type InodeInit,
  InodeNumbers,
  SimpleWriteFile,
  StaticDirectory,
} from '../../../vfs/pseudo/index.ts';
import { type Caller, idInside, idOutside } from '../../../vfs/tree/caller.ts';
import { Changes } from '../../../vfs/tree/changes.ts';
import type { Filesystem } from '../../../vfs/tree/filesystem.ts';
import type { Node } from '../../../vfs/tree/node.ts';
import { activationFile } from '../../framework/files/activation-file.ts';
import type { MakeOwnEntries } from '../../framework/filesystem-type.ts';
import { imaDirectory } from '../fs/index.ts';
import type { PolicyFileHost } from '../fs/policy-file.ts';
import { DEFAULT_BANK } from '../list/measurements.ts';
import { templateName } from '../list/template.ts';
import type { RuleReader } from '../policy/parse-rule.ts';
import type { ImaNamespace } from './namespace.ts';

/** In ima_check_policy() */
const MOST_RULES = 1024;

export interface NamespaceFilesystemOptions {
  readonly time: bigint;
  /** What others have there. */
  readonly beside: MakeOwnEntries;
  /** It can be configured before it is active. */
  readonly full: boolean;
  /** CONFIG_IMA_WRITE_POLICY. That there are namespaces selects CONFIG_IMA_READ_POLICY. */
  readonly mayRewrite: boolean;
  subject: PolicyFileHost['subject'];
  readFile: PolicyFileHost['readFile'];
  begun(): void;
  /** As rules are read in the initial namespace. */
  readonly reader: Pick<RuleReader, 'measuresKeys' | 'appraisesAppended' | 'warn' | 'noticeOnce'>;
}

export function namespaceFilesystem(namespace: ImaNamespace, options: NamespaceFilesystemOptions): Filesystem {
  const { time, full } = options;
  const numbers = new InodeNumbers();
  const changes = new Changes();
  const { rootUid: uid = 0, rootGid: gid = 0 } = namespace.userNamespace;
  const permission = (_mask: number, caller: Caller): Errno | undefined => namespace.excludes(caller);
  const init = (mode: number): InodeInit => ({ ino: numbers.next(), mode, time, uid, gid, permission });
  const rootInit = init(0o755);
  const shared = init(0o755);
  const directory = imaDirectory({
    init,
    changes,
    // None of them is attested.
    banks: [DEFAULT_BANK],
    measurements: () => namespace.state?.measurements ?? E.EACCES,
    policy: policyFile(namespace, options),
  });
  const isActive = (): boolean => namespace.state !== undefined;
  directory.set('active', activationFile(init(0o640), { isActive, activate: (caller) => namespace.activate(caller) }));
  if (full) for (const [name, node] of configuration(namespace, init)) directory.set(name, node);
  const link = new CallerSymlink(init(0o444), () => 'integrity/ima');
  const beside = options.beside(namespace.userNamespace, init);
  const integrity = [{ name: 'ima', node: directory }, ...beside.integrity];
  const root = new StaticDirectory({
    ...rootInit,
    entries: [
      { name: 'ima', node: link },
      ...beside.root,
      { name: 'integrity', node: new StaticDirectory({ ...shared, entries: integrity }) },
    ],
  });
  return { type: 'securityfs', magic: SECURITYFS_MAGIC, instance: namespace.instance, root, changes };
}

function configuration(namespace: ImaNamespace, init: (mode: number) => InodeInit): [string, Node][] {
  const file = (shown: () => string, set: (text: string) => Errno | undefined): Node =>
    new SimpleWriteFile(init(0o600), {
      read: () => `${shown()}\n`,
      store: (text) => set(textOf(text).replace(/\n$/, '')),
    });
  return [
    [
      'hash',
      file(
        () => namespace.settings.algorithm,
        (text) => namespace.setAlgorithm(text),
      ),
    ],
    [
      'template_name',
      file(
        () => templateName(namespace.settings.template),
        (text) => namespace.setTemplate(text),
      ),
    ],
  ];
}

/** Nothing that happens to it is logged: anybody can make a namespace. */
function policyFile(namespace: ImaNamespace, options: NamespaceFilesystemOptions): Omit<PolicyFileHost, 'remove'> {
  const { mayRewrite, subject, readFile, begun, reader } = options;
  const silent = (): void => undefined;
  return {
    policy: namespace.policy,
    mayRead: true,
    mayRewrite,
    limit: MOST_RULES,
    readFile,
    warn: silent,
    unavailable: () => (namespace.state === undefined ? E.EACCES : undefined),
    isReader: (caller) => namespace.isAdministrator(caller),
    // from_kuid_munged() for whoever opened the file.
    shownTo: ({ userNamespace: theirs }) => ({
      uid: (id) => (theirs === undefined ? id : idInside(theirs.uids, id)),
      gid: (id) => (theirs === undefined ? id : idInside(theirs.gids, id)),
    }),
    subject,
    // Ids mean what they mean in the namespace that the file belongs to, whoever writes.
    readerFor: (writer) => ({
      ...reader,
      templates: namespace.templates,
      mapUid: (id) => idOutside(namespace.userNamespace.uids, id, namespace.userNamespace.rootUid),
      mapGid: (id) => idOutside(namespace.userNamespace.gids, id, namespace.userNamespace.rootGid),
      labelKnown: () => false,
      refuseUnknownLabels: namespace.policy.isBuiltin,
      refuses: (action) => namespace.refuses(action, writer),
    }),
    logFor: () => ({ rule: silent, invalid: silent }),
    begun,
    unsigned: silent,
    ended: silent,
  };
}
