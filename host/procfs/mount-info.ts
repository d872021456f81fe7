/**
 * The lines of /proc/<pid>/mountinfo and /proc/<pid>/mounts (fs/proc_namespace.c, proc_pid_mountinfo(5)).
 *
 * Names stay as they are written there, with octal escapes for what would break a line.
 */

export interface MountEntry {
  readonly id: number;
  readonly parent: number;
  /** `major:minor` */
  readonly device: string;
  /** What of the filesystem is mounted. */
  readonly root: string;
  /** As the reader sees it. */
  readonly mountPoint: string;
  /** Of the mount: `rw,nosuid,relatime`. */
  readonly attributes: string;
  /** Peer groups, with a blank in front of each. */
  readonly propagation: string;
  /** With the subtype: `fuse.sshfs`. */
  readonly type: string;
  readonly source: string;
  /** Of the superblock: `rw` or `ro`, what the VFS knows, what security modules say, what the filesystem says. */
  readonly options: string;
}

/** Blanks alone divide: names may hold any other byte, such as 0xa0, which `\s` takes for one. */
const LINE = /^(\d+) (\d+) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+)((?: [^ ]+)*) - ([^ ]+) ([^ ]*) ([^\n]*)$/;

/** `undefined` for what does not have the form of a line. */
export function parseMountLine(line: string): MountEntry | undefined {
  const found = LINE.exec(line);
  if (found === null) return undefined;
  const [, id, parent, device = '', root = '', mountPoint = '', attributes = '', propagation = ''] = found;
  const [type = '', source = '', options = ''] = found.slice(8);
  return {
    id: Number(id),
    parent: Number(parent),
    device,
    root,
    mountPoint,
    attributes,
    propagation,
    type,
    source,
    options,
  };
}

/** Lines that do not have the form are left out. */
export function parseMountInfo(text: string): MountEntry[] {
  return text.split('\n').flatMap((line) => parseMountLine(line) ?? []);
}

/** Not parsed yet: the line of each mount, by its number. */
export function mountLinesById(text: string): Map<number, string> {
  return new Map(text.split('\n').map((line) => [Number(line.slice(0, line.indexOf(' '))), line]));
}

export function mountInfoLine(entry: MountEntry): string {
  const { id, parent, device, root, mountPoint, attributes, propagation, type, source, options } = entry;
  return `${id} ${parent} ${device} ${root} ${mountPoint} ${attributes}${propagation} - ${type} ${source} ${options}\n`;
}

/** The line of /proc/<pid>/mounts: the options of superblock and mount in one list, those of the filesystem last. */
export function mountsLine({ source, mountPoint, type, attributes, options }: MountEntry): string {
  const ofMount = attributes.split(',');
  const { writable, vfs, security, filesystem } = splitOptions(options);
  const mode = writable && ofMount[0] !== 'ro' ? 'rw' : 'ro';
  const all = [mode, ...vfs, ...security, ...ofMount.slice(1), ...(filesystem === '' ? [] : [filesystem])];
  return `${source} ${mountPoint} ${type} ${all.join(',')} 0 0\n`;
}

export interface MountInfoOptions {
  readonly writable: boolean;
  readonly vfs: readonly string[];
  readonly security: readonly string[];
  readonly filesystem: string;
}

const VFS_OPTION = /^(?:sync|dirsync|mand|lazytime)$/;
const SECURITY_OPTION = /^,(seclabel|(?:fs|def|root)?context=(?:"[^"]*"|[^,]*))(?=,|$)/;

export function splitOptions(options: string): MountInfoOptions {
  const words = options.split(',');
  let end = 1;
  while (end < words.length && VFS_OPTION.test(words[end] as string)) end++;
  const vfs = words.slice(1, end);
  let rest = words
    .slice(end)
    .map((word) => `,${word}`)
    .join('');
  const security: string[] = [];
  for (let found = SECURITY_OPTION.exec(rest); found !== null; found = SECURITY_OPTION.exec(rest)) {
    security.push(found[1] as string);
    rest = rest.slice(found[0].length);
  }
  return { writable: words[0] !== 'ro', vfs, security, filesystem: rest.slice(1) };
}

export function joinOptions({ writable, vfs, security, filesystem }: MountInfoOptions): string {
  return [writable ? 'rw' : 'ro', ...vfs, ...security, ...(filesystem === '' ? [] : [filesystem])].join(',');
}

/** Space, tab, newline, backslash and hash are `\040` and so on. */
export function decodeName(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_all, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
