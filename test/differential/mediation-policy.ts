/**
 * Small policies with random rules about what the probe's domains do to files, to each other and to IPC objects, as CIL source. One seed,
 * one policy. The probe itself has all permissions (kern_t), its domains those without which its interpreter does not run.
 *
 * Left out, because lsmfs answers it otherwise (mediation.md): rules that log reading and writing, which is asked about at each call;
 * who may create a file or a message queue but not open it; capabilities that lsmfs does not ask about; `execmem` and its relatives,
 * which this kernel does not ask about; a message's own label; filesystems of which the policy says nothing, whose files were never
 * labelled.
 */
import { Random } from '../selinux/random.ts';
import { compiled } from './compiled.ts';
import { BOOLEANS, DIRECTORY_TYPES, DOMAINS, FILE_TYPES, NEW_NAMES, PROGRAM_TYPES } from './mediation-names.ts';
import { CAPABILITIES, CLASSES, FRAME, split } from './mediation-policy-frame.ts';

const VERSION = 33;

const FILE =
  split(`ioctl read write create getattr setattr lock relabelfrom relabelto append map unlink link rename execute open execmod
  watch watch_mount watch_sb watch_reads`);
const DIRECTORY =
  split(`ioctl read write create getattr setattr lock relabelfrom relabelto unlink link rename open watch watch_mount
  watch_sb watch_reads add_name remove_name reparent search rmdir mounton`);
const LINK = split('read create getattr setattr relabelfrom relabelto unlink link rename');
const OTHERS =
  split(`transition sigkill sigstop signull signal ptrace getsched setsched getsession getpgid setpgid getcap getattr noatsecure
  siginh rlimitinh dyntransition setrlimit getrlimit share`);
const SELF =
  split(`setcurrent setexec setfscreate setsockcreate setpgid getpgid getsession getsched setsched getcap setcap setrlimit getrlimit signal
  signull sigstop ptrace`);
/** The capabilities about which lsmfs asks in the calls that are generated. */
const ASKED_CAPABILITIES = split(
  `sys_chroot mknod lease dac_read_search dac_override sys_admin chown fowner setuid setgid sys_nice setpcap net_raw net_bind_service
  sys_rawio`,
);
/** Asked about once per call, so that logging it when it is allowed is comparable. */
const LOGGABLE = new Set(
  split(
    'create getattr setattr lock unlink link rename add_name remove_name search rmdir relabelto signal ptrace setpgid destroy setattr',
  ),
);
/** What a socket is used for, and then by class. */
const SOCKET = split('ioctl read write create getattr setattr bind connect listen accept getopt setopt shutdown');
const SOCKET_CLASSES: Readonly<Record<string, readonly string[]>> = {
  tcp_socket: SOCKET,
  udp_socket: SOCKET,
  rawip_socket: SOCKET,
  unix_stream_socket: [...SOCKET, 'connectto'],
  unix_dgram_socket: [...SOCKET, 'sendto'],
  netlink_route_socket: [...SOCKET, 'nlmsg_read', 'nlmsg_write'],
};
/** Of somebody else, or that one has from there. */
const SOCKETS_OF_OTHERS = split('connectto sendto read write getattr getopt setopt ioctl shutdown');

const FILESYSTEM = split('getattr watch mount remount unmount relabelfrom relabelto');
const IOCTLS = split('0x541b 0x6602 0x5401 0x8910 0x1 0x2 0x7601');

/** Refused after a file was made, these would leave it behind. */
const OF_MAKERS: Readonly<Record<string, readonly string[]>> = { file: split('ioctl read write append open') };

class Rules {
  readonly lines: string[] = [];
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  #chance(percent: number): boolean {
    return this.#random.chance(percent);
  }

  #some(permissions: readonly string[], percent: number): string[] {
    return this.#random.some(permissions, percent);
  }

  /** All, nothing, or some of what a domain may do to a type; with rules about logging it, perhaps by a boolean. */
  add(
    source: string,
    target: string,
    name: string,
    permissions: readonly string[],
    always: readonly string[] = [],
  ): void {
    const kind = this.#random.below(10);
    const chosen = kind < 2 ? [] : kind < 4 ? [...permissions] : this.#some(permissions, 75);
    const allowed = [...new Set([...chosen, ...always])];
    if (allowed.includes('create')) allowed.push(...(OF_MAKERS[name] ?? []).filter((one) => !allowed.includes(one)));
    const vector = (list: readonly string[]) => `${source} ${target} (${name} (${list.join(' ')}))`;
    if (allowed.length > 0) {
      const rule = `(allow ${vector(allowed)})`;
      if (this.#chance(15)) {
        const [boolean, when] = [this.#random.pick(BOOLEANS), this.#random.pick(['true', 'false'])];
        this.lines.push(`(booleanif ${boolean} (${when} ${rule}))`);
        if (always.length > 0) this.lines.push(`(allow ${vector(always)})`);
      } else this.lines.push(rule);
    }
    const silent = this.#some(
      permissions.filter((one) => !chosen.includes(one)),
      20,
    );
    if (silent.length > 0) this.lines.push(`(dontaudit ${vector(silent)})`);
    const logged = this.#some(
      chosen.filter((one) => LOGGABLE.has(one)),
      6,
    );
    if (logged.length > 0) this.lines.push(`(auditallow ${vector(logged)})`);
  }

  ofFiles(source: string): void {
    for (const target of FILE_TYPES) {
      this.add(source, target, 'file', FILE);
      this.add(source, target, 'lnk_file', LINK, ['read']);
      for (const name of ['fifo_file', 'sock_file', 'chr_file']) this.add(source, target, name, FILE);
      this.add(source, target, 'dir', DIRECTORY);
      for (const name of ['file', 'dir', 'fifo_file']) this.ioctls(source, target, name);
    }
    for (const target of DIRECTORY_TYPES) {
      this.add(source, target, 'dir', DIRECTORY, this.#chance(85) ? ['search'] : []);
      for (const name of ['file', 'lnk_file', 'fifo_file', 'sock_file'])
        this.add(source, target, name, name === 'lnk_file' ? LINK : FILE);
    }
    for (const target of PROGRAM_TYPES)
      this.add(source, target, 'file', ['execute_no_trans', 'entrypoint', 'setattr', 'unlink']);
    this.add(source, 'mq_t', 'file', ['read', 'write', 'open', 'create', 'unlink', 'getattr', 'setattr']);
    this.add(source, 'mq_t', 'dir', ['search', 'write', 'add_name', 'remove_name'], ['search']);
    for (const target of ['tmp_t', 'root_t', 'proc_t', ...FILE_TYPES, ...DIRECTORY_TYPES])
      this.add(source, target, 'filesystem', FILESYSTEM, target === 'tmp_t' ? ['mount'] : []);
    this.add(source, 'tmp_t', 'dir', DIRECTORY, ['search']);
    for (const target of [...DIRECTORY_TYPES, ...DIRECTORY_TYPES]) {
      if (!this.#chance(30)) continue;
      const name = this.#random.pick(['file', 'file', 'dir', 'lnk_file', 'fifo_file']);
      const type = name === 'dir' ? this.#random.pick(DIRECTORY_TYPES) : this.#random.pick(FILE_TYPES);
      this.#transition(`${source} ${target} ${name}`, type);
      this.#transition(`${source} ${target} ${name} "${this.#random.pick(NEW_NAMES)}"`, this.#random.pick(FILE_TYPES));
    }
  }

  /** Numbers that are allowed, and logged or not. */
  ioctls(source: string, target: string, name: string): void {
    for (const [kind, percent] of Object.entries({ allowx: 15, auditallowx: 5, dontauditx: 8 })) {
      if (!this.#chance(percent)) continue;
      const numbers = [...this.#random.some(IOCTLS, 50), this.#random.pick(['0x5401', '(range 0x5400 0x54ff)'])];
      this.lines.push(`(${kind} ${source} ${target} (ioctl ${name} (${numbers.join(' ')})))`);
    }
  }

  readonly #transitions = new Set<string>();
  #transition(what: string, type: string): void {
    if (this.#transitions.has(what)) return;
    this.#transitions.add(what);
    this.lines.push(`(typetransition ${what} ${type})`);
  }

  ofTasks(source: string): void {
    this.add(source, 'self', 'process', SELF, this.#chance(80) ? ['setcurrent', 'setexec', 'setfscreate'] : []);
    const others = CAPABILITIES.filter((one) => !ASKED_CAPABILITIES.includes(one));
    this.lines.push(`(allow ${source} self (capability (${others.join(' ')})))`);
    this.add(source, 'self', 'capability', ASKED_CAPABILITIES);
    this.add(source, 'kern_t', 'system', ['ipc_info']);
    for (const target of DOMAINS.filter((one) => one !== source)) {
      this.add(source, target, 'process', OTHERS);
      this.add(source, target, 'fd', ['use'], this.#chance(60) ? ['use'] : []);
      this.add(source, target, 'fifo_file', ['read', 'write', 'getattr', 'append', 'ioctl']);
      this.add(source, target, 'dir', ['search', 'read', 'open', 'getattr']);
      this.add(source, target, 'file', ['read', 'open', 'getattr']);
      this.add(source, target, 'lnk_file', ['read', 'getattr']);
    }
    for (const program of PROGRAM_TYPES) {
      if (this.#chance(40)) this.#transition(`${source} ${program} process`, this.#random.pick(DOMAINS));
    }
  }

  ofIpc(source: string): void {
    for (const target of DOMAINS) {
      for (const name of ['shm', 'sem', 'msgq']) this.add(source, target, name, CLASSES[name] ?? []);
      this.add(source, target, 'msg', ['send', 'receive']);
    }
  }

  ofObjects(source: string): void {
    this.add(source, 'self', 'user_namespace', ['create']);
    this.add(source, 'self', 'io_uring', ['sqpoll', 'override_creds']);
    for (const target of [...DOMAINS, 'kern_t']) this.add(source, target, 'key', CLASSES.key ?? []);
    for (const target of [source, ...FILE_TYPES]) this.add(source, target, 'anon_inode', FILE);
    for (const name of ['[userfaultfd]', '[io_uring]'])
      if (this.#chance(40)) this.#transition(`${source} ${source} anon_inode "${name}"`, this.#random.pick(FILE_TYPES));
    this.add(source, 'kern_t', 'system', ['module_request']);
  }

  ofSockets(source: string): void {
    const usual = (list: readonly string[], percent: number) => (this.#chance(percent) ? list : []);
    for (const [name, permissions] of Object.entries(SOCKET_CLASSES)) {
      this.ioctls(source, 'self', name);
      this.add(source, 'self', name, permissions, usual(['create', 'bind', 'connect', 'listen', 'accept'], 60));
      const ofOthers = SOCKETS_OF_OTHERS.filter((one) => permissions.includes(one));
      for (const target of DOMAINS.filter((one) => one !== source)) this.add(source, target, name, ofOthers);
    }
    this.add(source, 'root_t', 'tcp_socket', ['name_bind', 'node_bind', 'name_connect']);
    for (const name of ['udp_socket', 'rawip_socket']) this.add(source, 'root_t', name, ['name_bind', 'node_bind']);
  }

  constraints(): void {
    const candidates = [
      '(constrain (file (setattr unlink)) (or (eq u1 u2) (neq t2 f1_t)))',
      '(constrain (dir (setattr rmdir)) (or (eq u1 u2) (neq t2 d1_t)))',
      '(constrain (process (signal setpgid)) (or (eq u1 u2) (neq t2 x1_t)))',
      '(mlsconstrain (file (getattr rename)) (or (dom h1 l2) (neq t2 f2_t)))',
      '(mlsconstrain (dir (rmdir reparent)) (or (eq l1 l2) (neq t2 d2_t)))',
      '(mlsconstrain (process (getsched signull)) (or (dom l1 l2) (neq t2 x2_t)))',
      '(mlsvalidatetrans file (or (eq l1 l2) (neq t3 x0_t)))',
    ];
    this.lines.push(...candidates.filter(() => this.#chance(50)));
  }
}

export function mediationPolicy(seed: number): string {
  const rules = new Rules(new Random(seed));
  for (const source of DOMAINS) {
    rules.ofFiles(source);
    rules.ofTasks(source);
    rules.ofIpc(source);
    rules.ofSockets(source);
    rules.ofObjects(source);
  }
  rules.constraints();
  return [...FRAME, ...rules.lines].join('\n');
}

/** The image that a kernel loads. Debian package: secilc. */
export const compilePolicy = (source: string): Buffer =>
  compiled(source, (text, image) => ['secilc', '-N', '-c', `${VERSION}`, '-o', image, '-f', '/dev/null', text]);
