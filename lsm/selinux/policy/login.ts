/**
 * What a user logs in as: seusers(5) names the SELinux user and the range, default_contexts(5) of that user role and type.
 *
 * As login(1) and sshd(8) do by getseuserbyname(3), get_default_context_with_level(3) and their files; the kernel's opinion of which of
 * these can be reached is no longer asked since libselinux 3.1, only whether they exist.
 */
import type { HostFiles, LoginUser } from '../../framework/host-side.ts';

/** Programs that log users in, as default_contexts names them. */
const FROM = ['system_r:sshd_t', 'system_r:local_login_t'];
/** The line for users without one. */
const OTHERS = '__default__';

interface SelinuxUser {
  readonly user: string;
  /** Absent = that of role and type in default_contexts. */
  readonly range?: string;
}

/** Contexts, the best first. */
export function loginLabels(store: string, login: LoginUser, host: HostFiles): string[] {
  const { user, range } = selinuxUser(host.read(`${store}/seusers`) ?? '', login);
  const contexts = `${store}/contexts`;
  const files = [`${contexts}/users/${user}`, `${contexts}/default_contexts`];
  const listed = files.flatMap((file) => reachable(host.read(file) ?? ''));
  const failsafe = (host.read(`${contexts}/failsafe_context`) ?? '').trim();
  const all = failsafe === '' ? listed : [...listed, failsafe];
  return all.flatMap((text) => {
    const [, role, type, level] = /^([^:\s]+):([^:\s]+)(?::(\S+))?$/.exec(text) ?? [];
    if (role === undefined || type === undefined) return [];
    const end = range ?? level;
    return [`${user}:${role}:${type}${end === undefined ? '' : `:${end}`}`];
  });
}

/** USER, %GROUP or __default__, then the SELinux user and the range. */
function selinuxUser(seusers: string, { name, groups }: LoginUser): SelinuxUser {
  const lines = new Map<string, SelinuxUser>();
  for (const line of seusers.split('\n')) {
    const [, login, user, range] = /^\s*([^#:\s]+):([^#:\s]+)(?::([^#\s]+))?/.exec(line) ?? [];
    if (login !== undefined && user !== undefined && !lines.has(login))
      lines.set(login, { user, ...(range !== undefined && { range }) });
  }
  const group = groups.find((each) => lines.has(`%${each}`));
  return lines.get(name) ?? lines.get(`%${group}`) ?? lines.get(OTHERS) ?? { user: name };
}

/** Of the lines for programs that log in: `FROM TO TO ...`, each `role:type[:level]`. */
function reachable(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.split('#')[0] ?? '').trim().split(/\s+/));
  return FROM.flatMap(
    (from) => lines.find(([first = '']) => first === from || first.startsWith(`${from}:`))?.slice(1) ?? [],
  );
}
