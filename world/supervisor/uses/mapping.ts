/**
 * Which file is mapped at an address: proc_pid_maps(5).
 */

export interface FileMapping {
  /** As the process sees it; only newlines are escaped. */
  readonly path: string;
  readonly ino: number;
  /** Executable already. */
  readonly executable: boolean;
}

/** `undefined` where nothing is mapped, or anonymous memory. */
export function mappingAt(maps: string, address: bigint): FileMapping | undefined {
  for (const line of maps.split('\n')) {
    const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ ([0-9]+) *(\/.*)$/.exec(line);
    if (match === null) continue;
    const [, start = '0', end = '0', permissions = '', ino = '0', path = ''] = match;
    if (address < BigInt(`0x${start}`) || address >= BigInt(`0x${end}`)) continue;
    return { path, ino: Number(ino), executable: permissions[2] === 'x' };
  }
  return undefined;
}
