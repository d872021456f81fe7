/**
 * Object contexts: labels of initial SIDs, ports, network interfaces and nodes, filesystems, InfiniBand. Lists in fixed order, each a u32
 * count and its entries; the order inside a list is match order.
 */
import { type ContextTables, readContext } from './context.ts';
import { objectContextLists } from './header.ts';
import type {
  Context,
  FsUse,
  InfinibandKeyContext,
  InfinibandPortContext,
  NetifContext,
  NodeContext,
  ObjectContexts,
  PortContext,
} from './policydb.ts';
import { type Reader, require } from './reader.ts';
import { type Sid, sidOf } from './sid.ts';

const FS_USE_MNTPOINT = 6;
const FS_USE_MAX = 7;

export function readObjectContexts(reader: Reader, tables: ContextTables, version: number): ObjectContexts {
  const context = () => readContext(reader, tables);
  const list = <T>(read: () => T): T[] => {
    const entries: T[] = [];
    const count = reader.u32();
    for (let i = 0; i < count; i++) entries.push(read());
    return entries;
  };
  const name = () => reader.string(reader.u32());
  const node = (size: number) => (): NodeContext => ({
    address: reader.raw(size),
    mask: reader.raw(size),
    context: context(),
  });

  const initialSids = list(() => readInitialSid(reader, context));
  list(() => [name(), context(), context()]); // fs: filesystem and file contexts of pre-xattr times, unused
  const ports = list((): PortContext => readPort(reader, context));
  const netifs = list((): NetifContext => {
    const entry = { name: name(), context: context() };
    context(); // of packets, unused
    return entry;
  });
  const ipv4Nodes = list(node(4));
  const fsUses = list((): FsUse => {
    const behaviour = reader.u32();
    require(behaviour <= FS_USE_MAX && behaviour !== FS_USE_MNTPOINT);
    return { behaviour, name: name(), context: context() };
  });
  const ipv6Nodes = list(node(16));
  const hasInfiniband = objectContextLists(version) > 7;
  return {
    initialSids: new Map(initialSids),
    ports,
    netifs,
    ipv4Nodes,
    ipv6Nodes,
    fsUses,
    infinibandKeys: hasInfiniband ? list(() => readInfinibandKey(reader, context)) : [],
    infinibandPorts: hasInfiniband ? list(() => readInfinibandPort(reader, context)) : [],
  };
}

function readInitialSid(reader: Reader, context: () => Context): [Sid, Context] {
  const sid = reader.u32();
  require(sid !== 0);
  return [sidOf(sid), context()];
}

function readPort(reader: Reader, context: () => Context): PortContext {
  const protocol = reader.u32();
  const low = reader.u32();
  const high = reader.u32();
  require(protocol <= 0xff && low >= 1 && high <= 0xffff && low <= high);
  return { protocol, low, high, context: context() };
}

function readInfinibandKey(reader: Reader, context: () => Context): InfinibandKeyContext {
  const subnetPrefix = reader.raw(8);
  const low = reader.u32();
  const high = reader.u32();
  require(low <= 0xffff && high <= 0xffff);
  return { subnetPrefix, low, high, context: context() };
}

function readInfinibandPort(reader: Reader, context: () => Context): InfinibandPortContext {
  const nameLength = reader.u32();
  const port = reader.u32();
  const device = reader.string(nameLength);
  require(port >= 1 && port <= 0xff);
  return { device, port, context: context() };
}
