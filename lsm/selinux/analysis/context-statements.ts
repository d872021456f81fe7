/** Contexts that a policy gives to objects without a label of their own: initial SIDs, filesystems, the network, InfiniBand. */
import { addressText } from '../../framework/audit/lsm-audit.ts';
import {
  FS_USE_GENFS,
  FS_USE_NATIVE,
  FS_USE_NONE,
  FS_USE_TASK,
  FS_USE_TRANS,
  FS_USE_XATTR,
  formatContext,
  POLICY_SIDS,
} from '../decide/index.ts';
import type { Context, NodeContext, PolicyDb } from '../policy/policydb.ts';
import { type Section, type Statement, saying } from './statements.ts';

const CONTEXT = 'context';

type Labelled = readonly [name: string, context: Context];

export const CONTEXT_SECTIONS: readonly Section[] = [
  section('initial_sids', ({ objectContexts }) =>
    [...objectContexts.initialSids].map(([sid, context]) => [POLICY_SIDS[sid - 1] ?? `sid ${sid}`, context]),
  ),
  section('fs_use', ({ objectContexts }) =>
    objectContexts.fsUses.map(({ behaviour, name, context }) => [`${FS_USES.get(behaviour)} ${name}`, context]),
  ),
  section('genfscon', genfscons),
  section('portcon', ({ objectContexts }) =>
    objectContexts.ports.map(({ protocol, low, high, context }) => [
      `portcon ${PROTOCOLS.get(protocol) ?? protocol} ${interval(low, high)}`,
      context,
    ]),
  ),
  section('netifcon', ({ objectContexts }) =>
    objectContexts.netifs.map(({ name, context }) => [`netifcon ${name}`, context]),
  ),
  section('nodecon', ({ objectContexts: { ipv4Nodes, ipv6Nodes } }) => [...ipv4Nodes, ...ipv6Nodes].map(node)),
  section('ibpkeycon', ({ objectContexts }) =>
    objectContexts.infinibandKeys.map(({ subnetPrefix, low, high, context }) => [
      `ibpkeycon ${addressText([...subnetPrefix, 0, 0, 0, 0, 0, 0, 0, 0])} ${interval(low, high)}`,
      context,
    ]),
  ),
  section('ibendportcon', ({ objectContexts }) =>
    objectContexts.infinibandPorts.map(({ device, port, context }) => [`ibendportcon ${device} ${port}`, context]),
  ),
];

function section(name: string, labelled: (db: PolicyDb) => readonly Labelled[]): Section {
  const of = (db: PolicyDb): IterableIterator<Statement> =>
    saying(
      CONTEXT,
      labelled(db).map(([about, context]) => [about, formatContext(db, context)] as const),
    );
  return { name, shown: CONTEXT, of: ({ db }) => of(db) };
}

const FS_USES: ReadonlyMap<number, string> = new Map([
  [FS_USE_XATTR, 'fs_use_xattr'],
  [FS_USE_TRANS, 'fs_use_trans'],
  [FS_USE_TASK, 'fs_use_task'],
  [FS_USE_GENFS, 'fs_use_genfs'],
  [FS_USE_NONE, 'fs_use_none'],
  [FS_USE_NATIVE, 'fs_use_native'],
]);

/** IPPROTO_* */
const PROTOCOLS: ReadonlyMap<number, string> = new Map([
  [6, 'tcp'],
  [17, 'udp'],
  [33, 'dccp'],
  [132, 'sctp'],
]);

function interval(low: number, high: number): string {
  return low === high ? String(low) : `${low}-${high}`;
}

function node({ address, mask, context }: NodeContext): Labelled {
  return [`nodecon ${addressText([...address])} ${addressText([...mask])}`, context];
}

function genfscons({ genfs, classes }: PolicyDb): Labelled[] {
  return [...genfs].flatMap(([type, entries]) =>
    entries.map(({ path, class: only, context }): Labelled => {
      const of = only === 0 ? '' : ` ${classes.nameOf(only) ?? only}`;
      return [`genfscon ${type} ${path}${of}`, context];
    }),
  );
}
