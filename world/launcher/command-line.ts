/**
 * /proc/cmdline with the parameters that the emulated kernel was booted with; the others are the host's.
 *
 * Programs look there for what no file tells: `ima_policy=`, `lsm=`, `enforcing=`.
 */
import type { StackOptions } from '../options.ts';

/** Of the host's kernel alone, whatever the world was given. */
const OF_HOST = ['lsm', 'security'];
/** What follows is for init. */
const FOR_INIT = ' -- ';

/** Boot parameters that say the same as these options, one each. */
export function bootParameters({ lsm, security, enforcing, parameters = {} }: StackOptions): string[] {
  return [
    ...(lsm === undefined ? [] : [`lsm=${lsm}`]),
    ...(security === undefined ? [] : [`security=${security}`]),
    ...(enforcing ? ['enforcing=1'] : []),
    ...Object.entries(parameters).map(([name, value]) => (value === '' ? name : `${name}=${quoted(value)}`)),
  ];
}

/** As next_arg() of the kernel's lib/cmdline.c reads it as one. */
function quoted(value: string): string {
  return /\s/.test(value) ? `"${value}"` : value;
}

/** @param text /proc/cmdline of the host. */
export function withParameters(text: string, words: readonly string[]): string {
  const line = text.replace(/\n$/, '');
  const end = line.indexOf(FOR_INIT);
  const [kernel, init] = end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end)];
  const replaced = new Set([...OF_HOST, ...words.map(nameOf)]);
  const kept = kernel.split(' ').filter((word) => word !== '' && !replaced.has(nameOf(word)));
  return `${[...kept, ...words].join(' ')}${init}\n`;
}

function nameOf(word: string): string {
  return word.split('=', 1)[0] ?? word;
}
