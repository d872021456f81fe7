/** Synthetic policies as files: compiled by secilc, with roles that dominate others put in by libsepol. Debian package: secilc. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Random } from '../random.ts';
import type { LibsepolServer } from './libsepol-server.ts';
import { syntheticPolicy } from './synthetic-policy.ts';

const DOMINANCE = [
  ['r0', 'r1'],
  ['r0', 'r2'],
  ['r2', 'r3'],
] as const;

/** Newest version that libsepol 3.8 writes. */
const VERSION = 34;
/** Where the header has the version. */
const VERSION_OFFSET = 16;

export type HandleUnknown = 'allow' | 'deny' | 'reject';

export interface SyntheticOptions {
  /** An older one is the same policy without what it cannot say. */
  readonly version?: number;
  /** Without levels, ranges, and constraints about them. */
  readonly mls?: boolean;
  /** Without what setools does not read: commands of netlink sockets, names that are not ASCII. */
  readonly forSetools?: boolean;
}

export function compileSynthetic(
  server: LibsepolServer,
  seed: number,
  unknown: HandleUnknown,
  { version = VERSION, mls = true, forSetools = false }: SyntheticOptions = {},
): string {
  const file = `${server.folder}/synthetic-${seed}-${unknown}-${mls ? 'mls' : 'flat'}${forSetools ? '-setools' : ''}.${version}`;
  if (existsSync(file)) return file;
  const extended = version < 30 ? 'nowhere' : version < 34 ? 'outside conditions' : 'everywhere';
  const source = syntheticPolicy(new Random(seed), extended);
  writeFileSync(`${file}.cil`, forSetools ? readable(source) : source, 'latin1');
  // -N: rules that exceed their bounds are wanted here.
  const argv = [
    '-N',
    '-M',
    `${mls}`,
    '-c',
    `${VERSION}`,
    '-U',
    unknown,
    '-o',
    `${file}.compiled`,
    '-f',
    '/dev/null',
    `${file}.cil`,
  ];
  const run = spawnSync('secilc', argv, { encoding: 'utf8', timeout: 60_000 });
  if (run.error !== undefined) throw new Error(`secilc: ${run.error.message}; apt-get install secilc`);
  if (run.status !== 0) throw new Error(`secilc refuses synthetic policy ${seed}: ${run.stderr}`);
  server.convert(`${file}.compiled`, file, version, DOMINANCE);
  return file;
}

/** The same rules under a number that Linux 6.12 accepts: 34 changes nothing in the format, only what compilers write. */
export function asVersion33(file: string): string {
  const image = readFileSync(file);
  image.writeUInt32LE(33, VERSION_OFFSET);
  writeFileSync(`${file}.33`, image);
  return `${file}.33`;
}

function readable(source: string): string {
  return source
    .replaceAll('nlmsg netlink_route_socket', 'ioctl tcp_socket')
    .replaceAll(/[\x80-\xff]/g, (byte) => byte.charCodeAt(0).toString(16));
}
