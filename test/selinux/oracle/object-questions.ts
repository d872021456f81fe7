/** Random questions about labels of things that are not contexts: what the policy lists, its neighbours, and what it does not have. */
import { INITIAL_SIDS } from '../../../lsm/selinux/decide/index.ts';
import type { PolicyDb } from '../../../lsm/selinux/policy/index.ts';
import type { Random } from '../random.ts';
import type { ObjectQuestion } from './question.ts';

type Maker<K extends ObjectQuestion['kind']> = (db: PolicyDb, random: Random) => Extract<ObjectQuestion, { kind: K }>;

const MAKERS: { readonly [K in ObjectQuestion['kind']]: Maker<K> } = {
  genfs(db, random) {
    const types = [...db.genfs.keys()];
    const type = types.length === 0 || random.below(10) === 0 ? 'nosuchfs' : random.pick(types);
    const entry = db.genfs.get(type)?.[random.below(db.genfs.get(type)?.length ?? 1)];
    const stem = entry?.path ?? '/';
    const path = random.pick([stem, `/${stem}`, `${stem}x`, `${stem}/a`, stem.slice(0, -1) || '/', '/', '/nowhere']);
    const asked = entry !== undefined && entry.class !== 0 && random.below(2) === 0 ? entry.class : undefined;
    return { kind: 'genfs', type, path, class: asked ?? 1 + random.below(db.classes.maximum) };
  },
  fsuse(db, random) {
    const types = [...db.objectContexts.fsUses.map(({ name }) => name), ...db.genfs.keys(), 'nosuchfs', 'ext'];
    return { kind: 'fsuse', type: random.pick(types) };
  },
  port(db, random) {
    const { ports } = db.objectContexts;
    if (ports.length === 0 || random.below(4) === 0) {
      return { kind: 'port', protocol: random.pick([6, 17, 33, 132, 1]), port: random.below(65536) };
    }
    const { protocol, low, high } = random.pick(ports);
    const port = random.pick([low, high, low - 1, Math.min(high + 1, 65535), low + random.below(high - low + 1)]);
    return { kind: 'port', protocol: random.below(8) === 0 ? 17 : protocol, port };
  },
  node(db, random) {
    const { ipv4Nodes, ipv6Nodes } = db.objectContexts;
    const nodes = random.below(2) === 0 ? ipv4Nodes : ipv6Nodes;
    const entry = nodes[random.below(Math.max(nodes.length, 1))];
    const length = nodes === ipv4Nodes ? 4 : 16;
    const address = Uint8Array.from({ length }, (_, i) => {
      const host = random.below(256) & ~(entry?.mask[i] ?? 0);
      return random.below(12) === 0 ? random.below(256) : (entry?.address[i] ?? 0) | host;
    });
    return { kind: 'node', address };
  },
  netif(db, random) {
    const names = db.objectContexts.netifs.map(({ name }) => name);
    const name = names.length === 0 ? 'eth0' : random.pick(names);
    return { kind: 'netif', name: random.pick([name, name, `${name}0`, name.slice(1) || 'x', 'nosuch']) };
  },
  pkey(db, random) {
    const { infinibandKeys } = db.objectContexts;
    const entry = infinibandKeys[random.below(Math.max(infinibandKeys.length, 1))];
    const subnetPrefix = Uint8Array.from(entry?.subnetPrefix ?? new Uint8Array(8));
    if (random.below(4) === 0) subnetPrefix[random.below(8)] = random.below(256);
    const key =
      entry === undefined ? random.below(65536) : random.pick([entry.low, entry.high, entry.high + 1, entry.low - 1]);
    return { kind: 'pkey', subnetPrefix, key: Math.min(Math.max(key, 0), 65535) };
  },
  endport(db, random) {
    const { infinibandPorts } = db.objectContexts;
    const entry = infinibandPorts[random.below(Math.max(infinibandPorts.length, 1))];
    const device = entry?.device ?? 'mlx5_0';
    return {
      kind: 'endport',
      device: random.pick([device, device, `${device}1`, 'nosuch']),
      port: random.pick([entry?.port ?? 1, 1, 255, 1 + random.below(255)]),
    };
  },
  isid(db, random) {
    return {
      kind: 'isid',
      sid: random.pick([...INITIAL_SIDS.keys()].filter((sid) => db.objectContexts.initialSids.has(sid))),
    };
  },
};

export function objectQuestion(db: PolicyDb, random: Random, kind: ObjectQuestion['kind']): ObjectQuestion {
  return MAKERS[kind](db, random);
}
