/**
 * Labels that come from the policy's object contexts: filesystems, ports, network nodes and interfaces. `undefined` =
 * the default: unlabeled for files, the initial SID port, node or netif for the network.
 */
import type { Context, PolicyDb } from '../policy/policydb.ts';

/** How files of a filesystem get their labels (SECURITY_FS_USE_*). */
export const FS_USE_XATTR = 1;
export const FS_USE_TRANS = 2;
export const FS_USE_TASK = 3;
export const FS_USE_GENFS = 4;
export const FS_USE_NONE = 5;
export const FS_USE_NATIVE = 7;

export interface FsLabelling {
  readonly behaviour: number;
  /** Label of the filesystem itself. */
  readonly context: Context | undefined;
}

export function fsUse(db: PolicyDb, fsType: string): FsLabelling {
  const found = db.objectContexts.fsUses.find(({ name }) => name === fsType);
  if (found !== undefined) return { behaviour: found.behaviour, context: found.context };
  const context = genfsContext(db, fsType, '/', db.classes.byName('dir')?.value ?? 0);
  return { behaviour: context === undefined ? FS_USE_NONE : FS_USE_GENFS, context };
}

/** The longest path that is a prefix of `path`, as text and not by components, and whose class fits. */
export function genfsContext(db: PolicyDb, fsType: string, path: string, classValue: number): Context | undefined {
  const single = path.replace(/^\/+(?=\/)/, '');
  const fits = (entry: { class: number; path: string }) =>
    (entry.class === 0 || entry.class === classValue) && single.startsWith(entry.path);
  return db.genfs.get(fsType)?.find(fits)?.context;
}

export function portContext(db: PolicyDb, protocol: number, port: number): Context | undefined {
  return db.objectContexts.ports.find((p) => p.protocol === protocol && p.low <= port && port <= p.high)?.context;
}

/** `address`: 4 or 16 bytes, network order. */
export function nodeContext(db: PolicyDb, address: Uint8Array): Context | undefined {
  const { ipv4Nodes, ipv6Nodes } = db.objectContexts;
  const nodes = address.length === 4 ? ipv4Nodes : address.length === 16 ? ipv6Nodes : [];
  return nodes.find((node) => node.address.every((byte, i) => byte === ((address[i] ?? 0) & (node.mask[i] ?? 0))))
    ?.context;
}

export function netifContext(db: PolicyDb, name: string): Context | undefined {
  return db.objectContexts.netifs.find((netif) => netif.name === name)?.context;
}

/** `subnetPrefix`: 8 bytes, network order. */
export function infinibandKeyContext(db: PolicyDb, subnetPrefix: Uint8Array, key: number): Context | undefined {
  return db.objectContexts.infinibandKeys.find(
    (entry) =>
      entry.low <= key && key <= entry.high && entry.subnetPrefix.every((byte, i) => byte === (subnetPrefix[i] ?? 0)),
  )?.context;
}

export function infinibandPortContext(db: PolicyDb, device: string, port: number): Context | undefined {
  return db.objectContexts.infinibandPorts.find((entry) => entry.device === device && entry.port === port)?.context;
}
