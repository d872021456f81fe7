/** Refusals that a test expects, and how they are told. */
import type { Denial } from '../world/told-to-tests.ts';

export type { Denial };

/** What a refusal must have; a field that is absent may be anything. */
export interface WantedDenial {
  /** A whole context or its type. */
  readonly scontext?: string;
  readonly tcontext?: string;
  readonly tclass?: string;
  /** One of those that were refused. */
  readonly permission?: string;
  /** `selinux`, `apparmor`, `smack`, `tomoyo`. */
  readonly module?: string;
  /** Was it let through because nothing is enforced? Absent = either. */
  readonly permissive?: boolean;
  /** Any other field of the record: `comm`, `name`, `path`, `profile`, `operation`, ... */
  readonly [field: string]: string | boolean | undefined;
}

export function matches(denial: Denial, wanted: WantedDenial): boolean {
  return Object.entries(wanted).every(([name, value]) => value === undefined || has(denial, name, value));
}

function has({ fields, ...denial }: Denial, name: string, value: string | boolean): boolean {
  if (name === 'permission') return denial.access === value || denial.access.split(' ').includes(String(value));
  const own: Readonly<Record<string, unknown>> = denial;
  if (name in own) return own[name] === value;
  const found = fields[name];
  if ((name === 'scontext' || name === 'tcontext') && typeof found === 'string')
    return found === value || found.split(':')[2] === value;
  return Array.isArray(found) ? found.includes(String(value)) : found === String(value);
}

/** Each refusal once, with its number, rule and fix. */
export function summaryOf(denials: readonly Denial[]): string {
  const counts = new Map<string, { readonly first: Denial; count: number }>();
  for (const denial of denials) {
    const title = titleOf(denial);
    const known = counts.get(title);
    if (known === undefined) counts.set(title, { first: denial, count: 1 });
    else known.count++;
  }
  return [...counts]
    .map(([title, { first, count }]) => {
      const times = count === 1 ? '' : `, ${count} times`;
      const why = first.why.trimEnd().replace(/^/gm, '  ');
      return `${title}${times}\n${why}`.trimEnd();
    })
    .join('\n');
}

function titleOf({ module, subject, object, kind, access, permissive }: Denial): string {
  const words = [`${subject} -> ${object}`, kind, access].filter((word) => word !== '').join(' ');
  return `${module}: ${words}${permissive ? ' (permissive: let through)' : ''}`;
}

/** What a test expects of a world. @returns whether it is so, and what to say when that is not what was expected. */
export function checkDenied(
  denials: readonly Denial[],
  wanted: WantedDenial,
): { readonly pass: boolean; readonly message: string } {
  const found = denials.filter((denial) => matches(denial, wanted));
  const words = JSON.stringify(wanted);
  if (found.length > 0)
    return { pass: true, message: `expected the world not to have denied ${words}, but it has:\n${summaryOf(found)}` };
  const others = denials.length === 0 ? 'it has denied nothing' : `it has denied:\n${summaryOf(denials)}`;
  return { pass: false, message: `expected the world to have denied ${words}; ${others}` };
}
