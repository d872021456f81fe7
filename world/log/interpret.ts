/**
 * Audit records for people, as `ausearch -i` (audit-userspace 4.0) writes them: local time, names of users, calls and errors, hexadecimal
 * names as text. Of arguments of calls, those of interpret-arguments.ts. Control characters of names are octal, so that none reaches a
 * terminal: those of UTF-8 beyond ASCII, too, which ausearch prints.
 */
import { readFileSync } from 'node:fs';
import { LIST, UNSET } from '../../linux/audit.ts';
import { CAP } from '../../linux/capability.ts';
import { E } from '../../linux/errno.ts';
import { auditArch, syscallNumbers } from '../../linux/syscall-numbers.ts';
import { argumentText } from './interpret-arguments.ts';
import { capabilitySetText, modeText } from './interpret-path.ts';
import { interpretAddress } from './socket-address.ts';

/** Names of users and groups by number. */
export interface AccountNames {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

type Interpretation = (value: string) => string;

const USERS = 'auid uid euid suid fsuid ouid oauid old-auid iuid id inode_uid sauid obj_uid';
const GROUPS = 'obj_gid gid egid sgid fsgid ogid igid inode_gid new_gid';
/** Fields whose text is in quotes, or hexadecimal where it has blanks, quotes or other than ASCII. */
const ESCAPED =
  'path comm exe file name watch cwd cmd acct dir vm device cgroup ocomm grp new_group invalid_context sw root_dir ' +
  'old-chardev new-chardev old-disk new-disk old-fs new-fs old-net new-net old-rng new-rng';
interface Machine {
  /** As uname(1) has it. */
  readonly name: string;
  readonly calls: ReadonlyMap<number, string>;
}

/** By the number in `arch=`. */
const MACHINES: ReadonlyMap<number, Machine> = new Map([
  [auditArch('x64'), { name: 'x86_64', calls: callNames('x64') }],
  [auditArch('arm64'), { name: 'aarch64', calls: callNames('arm64') }],
]);
const LISTS: ReadonlyMap<number, string> = new Map([
  [LIST.USER, 'user'],
  [LIST.TASK, 'task'],
  [LIST.EXIT, 'exit'],
  [LIST.EXCLUDE, 'exclude'],
  [LIST.FS, 'filesystem'],
  [LIST.URING, 'io_uring'],
]);

const RECORD = /^type=(\S+) msg=audit\((\d+)\.(\d{3}):(\d+)\): (.*)$/;
const FIELD = /([A-Za-z][\w-]*)=("[^"]*"|[^\s'"]+)/g;

/** Those of the reader's /etc/passwd and /etc/group. */
export function accountNames(): AccountNames {
  return { users: namesIn('/etc/passwd'), groups: namesIn('/etc/group') };
}

/** Makes lines with audit records readable; other lines stay. Bytes are characters, in and out. */
export function interpreter(names: AccountNames): (line: string) => string {
  const account = (known: ReadonlyMap<number, string>) => (value: string) => accountName(Number(value), known);
  const accounts = { user: account(names.users), group: account(names.groups) };
  const fields = new Map<string, Interpretation>([
    ...each(USERS, accounts.user),
    ...each(GROUPS, accounts.group),
    ...each(ESCAPED, unescaped),
    ...each('res result', (value) => ({ 0: 'no', 1: 'yes' })[value] ?? value),
    ['proctitle', (value) => unescaped(value, ' ')],
    ['key', (value) => unescaped(value, '').replaceAll('\\001', ' key=')],
    ['ses', (value) => (Number(value) === UNSET ? 'unset' : value)],
    ['exit', (value) => errorText(value, (error) => `${error.code}(${error.message})`)],
    ['errno', (value) => errorText(value, ({ code }) => code)],
    ['list', (value) => LISTS.get(Number(value)) ?? `unknown-list(${value})`],
    ['capability', capabilityName],
    ...each('cap_fp cap_fi', capabilitySetText),
    ['mode', modeText],
    ['saddr', interpretAddress],
  ]);
  return (line) => {
    const [, type = '', seconds = '', milliseconds = '', serial = '', body = ''] = RECORD.exec(line) ?? [];
    if (type === '') return line;
    const machine = MACHINES.get(Number.parseInt(/\barch=([0-9a-f]+)/.exec(body)?.[1] ?? '', 16));
    const call = machine?.calls.get(Number(/ syscall=(\d+)/.exec(body)?.[1]));
    const text = body.replace(FIELD, (whole: string, name: string, value: string) => {
      if (name === 'arch') return `arch=${machine?.name ?? value}`;
      if (name === 'syscall') return `syscall=${call ?? value}`;
      if (type === 'SYSCALL' && /^a[0-3]$/.test(name) && /^[0-9a-f]{1,16}$/.test(value))
        return `${name}=${argumentText(call, Number(name[1]), value, body, accounts)}`;
      const interpret = value.startsWith('(') || value === '?' ? undefined : fields.get(name);
      return interpret === undefined ? whole : `${name}=${interpret(value)}`;
    });
    return `type=${type} msg=audit(${localTime(Number(seconds))}.${milliseconds}:${serial}) : ${text}`;
  };
}

function each(names: string, interpret: Interpretation): [string, Interpretation][] {
  return names.split(' ').map((name) => [name, (value) => interpret(value)]);
}

function namesIn(file: string): Map<number, string> {
  const lines = readFileSync(file, 'latin1').split('\n').reverse();
  return new Map(lines.map((line) => line.split(':')).map(([name = '', , id = '']) => [Number.parseInt(id, 10), name]));
}

function accountName(id: number, known: ReadonlyMap<number, string>): string {
  if (id === UNSET || id === -1) return 'unset';
  return known.get(id) ?? `unknown(${id})`;
}

/** @param nul what stands for a NUL in it; a text ends at one unless it is given. */
function unescaped(value: string, nul?: string): string {
  if (value.startsWith('"')) return value.slice(1, -1);
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(value)) return value;
  const text = Buffer.from(value, 'hex').toString('latin1');
  const whole = nul === undefined ? text.split('\0', 1).join('') : text.replaceAll('\0', nul);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be printed
  return whole.replace(/[\x01-\x1f\x7f]|\xc2[\x80-\x9f]/g, (found) =>
    [...found].map((c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`).join(''),
  );
}

function errorText(value: string, text: (error: (typeof E)[keyof typeof E]) => string): string {
  const error = Object.values(E).find(({ number }) => -number === Number(value));
  return error === undefined ? value : text(error);
}

function callNames(machine: string): Map<number, string> {
  return new Map(Object.entries(syscallNumbers(machine)).map(([name, number]) => [number, name]));
}

function capabilityName(value: string): string {
  const known = Object.entries(CAP).find(([, number]) => number === Number(value));
  return known?.[0].toLowerCase() ?? value;
}

function localTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  const [day, clock] = [
    [time.getMonth() + 1, time.getDate(), time.getFullYear() % 100],
    [time.getHours(), time.getMinutes(), time.getSeconds()],
  ].map((numbers) => numbers.map((number) => String(number).padStart(2, '0')));
  return `${day?.join('/')} ${clock?.join(':')}`;
}
