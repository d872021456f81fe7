/**
 * Profiles: what is done about an operation that no rule allows, for a domain that has the profile.
 *
 * Model: tomoyo_write_profile(), tomoyo_set_mode(), tomoyo_get_mode() of Linux 6.12. A setting is found by searching its words in the text.
 */
export const MODES = ['disabled', 'learning', 'permissive', 'enforcing'] as const;
export type Mode = (typeof MODES)[number];

export interface Setting {
  readonly mode: Mode;
  readonly grantLog: boolean;
  readonly rejectLog: boolean;
}

const FILE =
  'execute open create unlink getattr mkdir rmdir mkfifo mksock truncate symlink mkblock mkchar link rename chmod chown chgrp ioctl chroot mount unmount pivot_root';
const NETWORK =
  'inet_stream_bind inet_stream_listen inet_stream_connect inet_dgram_bind inet_dgram_send inet_raw_bind inet_raw_send unix_stream_bind unix_stream_listen unix_stream_connect unix_dgram_bind unix_dgram_send unix_seqpacket_bind unix_seqpacket_listen unix_seqpacket_connect';

/** In the kernel's order: `file::execute`, ..., then the categories. */
const FUNCTIONS: readonly string[] = [
  ...FILE.split(' ').map((name) => `file::${name}`),
  ...NETWORK.split(' ').map((name) => `network::${name}`),
  'misc::env',
  'file',
  'network',
  'misc',
];

const INITIAL: Setting = { mode: 'disabled', grantLog: true, rejectLog: true };

export class Profile {
  comment: string | undefined;
  maxAuditLog = 1024;
  maxLearningEntry = 2048;
  default: Setting = INITIAL;
  /** By function or category; absent = that of what it belongs to. */
  readonly settings = new Map<string, Setting>();

  /** What counts for a function, `file::execute`. */
  setting(name: string): Setting {
    const category = name.split('::', 1)[0] as string;
    return this.settings.get(name) ?? this.settings.get(category) ?? this.default;
  }

  /** `COMMENT=...`, `PREFERENCE={ ... }`, `CONFIG::file={ ... }` without the profile number. @returns `false` when it is none of these. */
  set(line: string): boolean {
    const equals = line.indexOf('=');
    if (equals < 0) return false;
    const name = line.slice(0, equals);
    const value = line.slice(equals + 1);
    if (name === 'COMMENT') {
      this.comment = value;
      return true;
    }
    if (name === 'PREFERENCE') {
      this.maxAuditLog = findNumber(value, 'max_audit_log') ?? this.maxAuditLog;
      this.maxLearningEntry = findNumber(value, 'max_learning_entry') ?? this.maxLearningEntry;
      return true;
    }
    return this.#configure(name, value);
  }

  #configure(name: string, value: string): boolean {
    const wantsDefault = value.includes('use_default');
    if (name === 'CONFIG') {
      if (!wantsDefault) this.default = change(this.default, value) ?? this.default;
      return true;
    }
    const what = name.startsWith('CONFIG::') ? name.slice('CONFIG::'.length) : '';
    if (!FUNCTIONS.includes(what)) return false;
    const setting = wantsDefault ? undefined : change(this.settings.get(what), value);
    if (setting === undefined) this.settings.delete(what);
    else this.settings.set(what, setting);
    return true;
  }

  /** @param prefix namespace and number: `<kernel> 1-`. */
  print(prefix: string): string {
    const lines = [
      `COMMENT=${this.comment ?? ''}`,
      `PREFERENCE={ max_audit_log=${this.maxAuditLog} max_learning_entry=${this.maxLearningEntry} }`,
      `CONFIG${printSetting(this.default)}`,
    ];
    for (const name of FUNCTIONS) {
      const setting = this.settings.get(name);
      if (setting !== undefined) lines.push(`CONFIG::${name}${printSetting(setting)}`);
    }
    return lines.map((line) => `${prefix}${line}\n`).join('');
  }
}

/** A setting that was not there yet begins with both logs. Without a mode in the text it stays away. */
function change(before: Setting | undefined, text: string): Setting | undefined {
  const mode = MODES.findLast((name) => text.includes(name));
  if (before === undefined && mode === undefined) return undefined;
  const { mode: former, grantLog, rejectLog } = before ?? INITIAL;
  return {
    mode: mode ?? former,
    grantLog: findYesNo(text, 'grant_log') ?? grantLog,
    rejectLog: findYesNo(text, 'reject_log') ?? rejectLog,
  };
}

/** After the first place where the word stands. */
function findYesNo(text: string, word: string): boolean | undefined {
  const at = text.indexOf(word);
  const after = at < 0 ? '' : text.slice(at + word.length);
  if (after.startsWith('=yes')) return true;
  return after.startsWith('=no') ? false : undefined;
}

function findNumber(text: string, word: string): number | undefined {
  const at = text.indexOf(word);
  const digits = at < 0 ? undefined : /^=\s*(\d+)/.exec(text.slice(at + word.length))?.[1];
  return digits === undefined ? undefined : unsigned(digits);
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no');

function printSetting({ mode, grantLog, rejectLog }: Setting): string {
  return `={ mode=${mode} grant_log=${yesNo(grantLog)} reject_log=${yesNo(rejectLog)} }`;
}

/** Decimal digits as an unsigned int, wrapped as the kernel's sscanf() does. */
export function unsigned(digits: string): number {
  return Number(BigInt.asUintN(32, BigInt(digits)));
}
