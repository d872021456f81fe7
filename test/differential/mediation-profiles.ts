/**
 * Random profiles of AppArmor for a chapter: rules of every class about its tree of files, the other profiles, sockets, mounts and
 * limits. One seed, one set. Besides, each has what the probe and its interpreter need.
 *
 * Left out: override_creds of io_uring, as lsmfs does not see what is submitted; capabilities of calls that it does not ask about are
 * always there.
 */
import { Random } from '../selinux/random.ts';
import { compiled } from './compiled.ts';
import { FILES, FOLDERS, NEW_NAMES, PROGRAMS } from './mediation-names.ts';
import { split } from './mediation-policy-frame.ts';
import { ATTACHED, FLAGS, HATS, KID, PROFILES } from './mediation-profile-names.ts';

const FEATURES = '/usr/share/apparmor-features/features';
/** All but the scratch folder, and the signals by which a helper ends. */
const FRAME = `
  /{,[^r]**,r[^u]**,ru[^n]**} r,
  /{[^r]**,r[^u]**,ru[^n]**} mix,
  /run/ r,
  /run/{[^o]**,o[^r]**,oracle/**} r,
  /dev/** rw,
  /proc/** rw,
  /sys/** rw,
  signal (receive) set=(kill) peer=unconfined,
`;
/** About which lsmfs asks in the calls that are generated. */
const ASKED_CAPABILITIES =
  split(`sys_chroot mknod net_raw net_bind_service lease dac_read_search dac_override sys_admin chown fowner setuid setgid sys_nice
  kill sys_ptrace sys_resource setpcap`);
const OTHER_CAPABILITIES =
  split(`fsetid linux_immutable net_broadcast net_admin ipc_lock ipc_owner sys_module sys_rawio sys_pacct sys_boot sys_time
  sys_tty_config audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf
  checkpoint_restore`);
const NETWORK = [
  'network inet stream',
  'network inet dgram',
  'network inet raw',
  'network inet',
  'network unix stream',
  'network unix dgram',
  'network unix',
  'network netlink raw',
  'network netlink',
  'network packet',
  'network',
];
const SIGNALS = split('exists term hup chld usr1 cont io int stop rtmin+3');
const WHOLE = ['rw', 'rwk', 'rwkl', 'rwklm'];
const PARTS = ['r', 'r', 'w', 'a', 'rw', 'ra', 'k', 'rk', 'rwk', 'rwl', 'rm', 'rwkl', 'rwklm', 'm', 'l'];

class ProfileText {
  readonly #random: Random;
  readonly #place: string;
  readonly lines: string[] = [];

  constructor(random: Random, place: string) {
    this.#random = random;
    this.#place = place;
  }

  #add(rule: string): void {
    this.lines.push(`  ${rule},`);
  }

  /** With words before a rule that refuse, log, or are silent. */
  #qualified(rule: string, odd = 25): void {
    const word = this.#random.chance(odd) ? this.#random.pick(['deny', 'audit', 'audit', 'audit deny']) : '';
    this.#add(word === '' ? rule : `${word} ${rule}`);
  }

  #path(): string {
    const { pick } = this;
    const [root, folder, name] = [this.#place, this.#folder(), pick([...FILES, ...FILES, ...NEW_NAMES, 'second', 'w'])];
    return pick([
      `${folder}/${name}`,
      `${folder}/${name}`,
      `${folder}/*`,
      `${folder}/**`,
      `${folder}/`,
      `${root}/{a,b}/{f,n[0-2]}`,
      `${root}/**/n?`,
      `${root}/**/`,
      `${root}/*/[^fg]`,
      `${root}/*/`,
      `${root}/**/{f,g,second}`,
      `${root}/?/s/**`,
      `${root}/c{,/**}`,
      `${folder}/#*`,
    ]);
  }

  readonly pick = <T>(items: readonly T[]): T => this.#random.pick(items);
  readonly #folder = (): string => this.pick(FOLDERS).replace('@C', this.#place);

  ofFiles(rules: number): void {
    for (const folder of FOLDERS.map((text) => text.replace('@C', this.#place)))
      if (this.#random.chance(65)) this.#add(`${folder}/{,*} ${this.pick(WHOLE)}`);
    for (let count = 0; count < rules; count++) {
      const owner = this.#random.chance(15) ? 'owner ' : '';
      const rule = `${owner}${this.#path()} ${this.pick(PARTS)}`;
      if (this.#random.chance(4)) this.#add(`priority=5 ${this.pick(['audit ', 'deny ', ''])}${rule}`);
      else this.#qualified(rule);
    }
    for (let count = this.#random.below(4); count > 0; count--) {
      const subset = this.#random.chance(40) ? 'subset ' : '';
      this.#qualified(`link ${subset}${this.#path()} -> ${this.#path()}`, 20);
    }
  }

  ofPrograms(): void {
    const { pick } = this;
    for (const program of PROGRAMS) {
      const path = program.replace('@C', this.#place);
      const own = ['px', 'Px', 'pix', 'PUx'].map((mode) => `${mode} -> ${pick([...PROFILES, 'q0//&q1', 'none'])}`);
      const kids = ['cx', 'Cx', 'cix', 'cux'].map((mode) => `${mode} -> ${pick([KID, KID, 'none'])}`);
      const plain = ['ix', 'ix', 'px', 'Px', 'pix', 'Pux', 'ux', 'Ux', 'cx', 'cix'];
      const mode = pick([...own, ...kids, ...plain]);
      if (this.#random.chance(85)) {
        const audit = this.#random.chance(15) ? 'audit ' : '';
        this.#add(`${audit}${path} ${pick(['r', 'rm', 'm', ''])}${mode}`);
      }
      if (this.#random.chance(8)) this.#add(`deny ${path} x`);
      if (this.#random.chance(60)) this.#add(`${path} rm`);
    }
    if (this.#random.chance(30)) this.#add(`${this.#place}/** ix`);
  }

  ofCapabilities(): void {
    this.#add(`capability ${OTHER_CAPABILITIES.join(' ')}`);
    if (this.#random.chance(15)) return;
    for (const name of this.#random.some(ASKED_CAPABILITIES, 65)) this.#qualified(`capability ${name}`);
  }

  ofSockets(): void {
    for (const rule of this.#random.some(NETWORK, 35)) this.#qualified(rule, 20);
    if (this.#random.chance(20)) this.#qualified('unix (send, receive) type=stream');
  }

  readonly #peer = (): string => {
    const peer = this.pick([...PROFILES, 'q[01]', 'q*', `q0//${KID}`, '**', 'unconfined']);
    return this.#random.chance(20) ? '' : ` peer=${peer}`;
  };

  ofTasks(): void {
    for (let count = 2 + this.#random.below(6); count > 0; count--) {
      const ways = this.pick(['send', 'receive', 'send,receive']);
      const set = this.#random.chance(40) ? '' : ` set=(${this.#random.some(SIGNALS, 50).join(' ') || 'term'})`;
      // Where it says no set, it is about SIGKILL, which nobody refuses, too.
      const odd = set === '' ? 0 : 25;
      this.#qualified(`signal (${ways})${set}${this.#peer()}`, odd);
    }
    for (let count = 1 + this.#random.below(5); count > 0; count--) {
      const ways = this.#random.some(['read', 'trace', 'readby', 'tracedby'], 50).join(',') || 'read';
      this.#qualified(`ptrace (${ways})${this.#peer()}`);
    }
    if (this.#random.chance(60)) this.#add('change_profile');
    else {
      for (let count = this.#random.below(4); count > 0; count--)
        this.#add(`change_profile -> ${this.pick([...PROFILES, 'q[0-2]', `q0//${KID}`, '{q0,&q2}', 'q?//h*'])}`);
      if (this.#random.chance(30))
        this.#add(`change_profile ${this.pick(PROGRAMS).replace('@C', this.#place)} -> ${this.pick(PROFILES)}`);
    }
    if (this.#random.chance(25)) this.#add(`deny change_profile -> ${this.pick(PROFILES)}`);
    if (this.#random.chance(50)) this.#qualified('userns');
    if (this.#random.chance(50)) this.#qualified('io_uring sqpoll');
    if (this.#random.chance(30))
      this.#qualified(`/${this.pick(['orc1', 'orc*', 'memfd:*', '**'])} ${this.pick(PARTS)}`);
    if (this.#random.chance(25)) this.#add(`set rlimit nofile <= ${this.pick([128, 256])}`);
    if (this.#random.chance(15)) this.#add('set rlimit core <= 0');
  }

  ofMounts(): void {
    const { pick } = this;
    const at = (): string => `${this.#place}/m/${pick(['a', 'b', 'c', '{a,b}', '*', 'a/old'])}/`;
    const from = (): string => pick([`${this.#place}/m/src/`, `${this.#place}/m/**`, 'tm', '*', 'none']);
    const kinds: (() => string)[] = [
      () => `mount fstype=${pick(['tmpfs', '(tmpfs,ramfs)', 'proc', 'ramfs'])} ${pick(['tm', 'none', ''])} -> ${at()}`,
      () => `mount fstype=tmpfs options=(${pick(['rw', 'ro,nosuid', 'nodev'])}) -> ${at()}`,
      () => `mount options in (ro,nosuid,nodev,noexec,rw) -> ${at()}`,
      () => `mount options=(${pick(['bind', 'rbind', 'rw,bind'])}) ${from()} -> ${at()}`,
      () => `mount options=(rw,move) ${at()} -> ${at()}`,
      () => `mount options=(${pick(['private', 'rprivate', 'slave', 'rshared', 'shared', 'unbindable'])}) -> ${at()}`,
      () => `remount ${pick(['', 'options=(ro) ', 'options=(ro,bind) '])}${at()}`,
      () => `umount ${at()}`,
      () => `pivot_root ${pick(['', `oldroot=${this.#place}/m/a/old/ `])}${at()}`,
      () => pick(['mount', 'umount', 'pivot_root', `mount -> ${at()}`]),
    ];
    for (let count = this.#random.below(8); count > 0; count--) this.#qualified(pick(kinds)(), 25);
  }
}

function profile(random: Random, place: string, name: string, { flags = '', attached = '', inner = '' } = {}): string {
  const text = new ProfileText(random, place);
  const inside = inner !== '';
  text.ofFiles(inside ? 12 : 5);
  if (inside) text.ofPrograms();
  text.ofCapabilities();
  text.ofSockets();
  text.ofTasks();
  if (inside) text.ofMounts();
  const head = [name, attached, flags === '' ? '' : `flags=(${flags})`].filter((part) => part !== '').join(' ');
  return `profile ${head} {${FRAME}${text.lines.join('\n')}\n${inner}}\n`;
}

/** @param place the chapter's folder. */
export function randomProfiles(seed: number, place: string): string {
  const random = new Random(seed);
  const within = (name: string): string =>
    [...(name === 'q0' || name === 'q1' ? [KID] : []), ...HATS]
      .map((inner) => profile(random, place, inner).replace(/^profile (h\d)/, '^$1'))
      .join('');
  const all = PROFILES.map((name) => profile(random, place, name, { flags: FLAGS[name] ?? '', inner: within(name) }));
  return [...all, profile(random, place, ATTACHED, { attached: `${place}/b/p*`, inner: '\n' })].join('\n');
}

/**
 * What is written to apparmorfs. Debian package: apparmor. The compiler (4.1.0) keeps rules in sets that are sorted by address, and which
 * `audit` and `deny` of rules that overlap come through depends on that: always at the same addresses, a seed means one policy.
 */
export const compileProfiles = (source: string): Buffer =>
  compiled(source, (text, image) => ['setarch', '-R', 'apparmor_parser', '-QKq', '-M', FEATURES, '-o', image, text]);
