/**
 * The mappings of a process: a line for each in proc_pid_maps(5), after which proc_pid_smaps(5) has lines `Name: value`. For
 * these the kernel goes through all pages of the process.
 */
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../../../linux/mman.ts';
import type { MappedArea } from '../../../lsm/framework/access/file-access.ts';

export interface MappedFile {
  /** From the root of its mount namespace. */
  readonly name: string;
  /** `major:minor` of the filesystem. */
  readonly device: string;
  readonly ino: number;
}

export interface Mapping extends MappedArea {
  /** Addresses, as the names of /proc/<pid>/map_files are: without the zeros by which smaps fills up to eight digits. */
  readonly range: string;
  readonly file?: MappedFile;
  /** PROT_* that mprotect(2) may give it (VM_MAYREAD, VM_MAYWRITE, VM_MAYEXEC). */
  readonly permissible: number;
}

const HEAD = /^0*([0-9a-f]+)-0*([0-9a-f]+) (\S{4}) \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) *(.*)$/;
/** Memory that processes share without a file, also by shmget(2), and huge pages have one inside the kernel. */
const NO_FILE = /^(?:\/dev\/zero|\/anon_hugepage|\/SYSV[0-9a-f]{8}) \(deleted\)$/;
/** In maps, memory that belongs to no file and is not the kernel's, as `[vdso]` is. */
const MEMORY = /^(?:|\[heap\]|\[stack\]|\[anon:.*\])$/;
const ALL = PROT_READ | PROT_WRITE | PROT_EXEC;
const USES: Readonly<Record<string, 'heap' | 'stack'>> = { '[heap]': 'heap', '[stack]': 'stack' };
const MAY: readonly (readonly [flag: string, protection: number])[] = [
  ['mr', PROT_READ],
  ['mw', PROT_WRITE],
  ['me', PROT_EXEC],
];

/**
 * As mappingsIn(), from maps alone. @returns `undefined` where that does not do: there is more than a process' own memory.
 */
export function memoryIn(maps: string, start: bigint, end: bigint, stackPointer?: bigint): Mapping[] | undefined {
  const found = mappingsIn(maps, start, end, stackPointer);
  return found.every(({ permissible }) => permissible === ALL) ? found : undefined;
}

/**
 * Those that cover the addresses from `start` to `end`, up to the first gap.
 * @param smaps maps has no more than what memoryIn() takes from it
 * @param stackPointer of the thread: what it points into is a stack, too.
 */
export function mappingsIn(smaps: string, start: bigint, end: bigint, stackPointer?: bigint): Mapping[] {
  const found: Mapping[] = [];
  let next = start;
  for (const block of smaps.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/)) {
    const [line = '', ...fields] = block.split('\n');
    const match = HEAD.exec(line);
    if (match === null) continue;
    const [, first = '0', last = '0', permissions = '', major = '', minor = '', ino = '0', name = ''] = match;
    if (BigInt(`0x${last}`) <= next) continue;
    if (BigInt(`0x${first}`) > next || next >= end) break;
    next = BigInt(`0x${last}`);
    const value = (field: string): string =>
      fields.find((text) => text.startsWith(`${field}:`))?.slice(field.length + 1) ?? '';
    const flags = value('VmFlags').trim().split(' ');
    const isMemory = ino === '0' && permissions[3] === 'p' && MEMORY.test(name);
    const pages = Number.parseInt(value('Anonymous'), 10) + Number.parseInt(value('Swap'), 10);
    const isStack = stackPointer !== undefined && BigInt(`0x${first}`) <= stackPointer && stackPointer <= next;
    const use = USES[name] ?? (isStack ? 'stack' : undefined);
    found.push({
      range: `${first}-${last}`,
      ...(ino !== '0' && !NO_FILE.test(name) && { file: fileOf(name, major, minor, ino) }),
      executable: permissions[2] === 'x',
      shared: permissions[3] === 's',
      copied: permissions[3] === 'p' && pages > 0,
      permissible: isMemory
        ? ALL
        : MAY.reduce((all, [flag, protection]) => (flags.includes(flag) ? all | protection : all), 0),
      ...(use !== undefined && { use }),
    });
  }
  return found;
}

function fileOf(name: string, major: string, minor: string, ino: string): MappedFile {
  return { name, device: `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`, ino: Number(ino) };
}
