/**
 * The commands that are written to attr files: `changeprofile NAME`, `changehat TOKEN^HAT`, `exec NAME`, ...
 *
 * Grammar: do_setattr() of security/apparmor/lsm.c and split_token_from_name(), aa_setprocattr_changehat() of
 * procattr.c, Linux 6.12. The text ends at the first NUL for everything but the list of hats.
 */
import { textOf } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';

export type AttrCommand =
  | {
      readonly kind: 'profile';
      readonly name: string;
      readonly onexec: boolean;
      readonly stack: boolean;
      readonly test: boolean;
    }
  | { readonly kind: 'hat'; readonly hats: readonly string[]; readonly token: bigint; readonly test: boolean };

/** Hats looked at; more are ignored. */
const HAT_LIMIT = 16;

/** isspace(), which takes the no-break space of latin-1 too. */
const LEADING_SPACE = /^[\t-\r \xa0]+/;
const TRAILING_SPACE = /[\t-\r \xa0]+$/;

/** @returns `undefined` for a command that the file does not have; EINVAL when nothing can be said of the value. */
export function parseAttrCommand(
  attribute: 'current' | 'exec' | 'other',
  value: Uint8Array,
): Result<AttrCommand | undefined> {
  const whole = textOf(value);
  const text = untilNul(whole);
  const leading = LEADING_SPACE.exec(text)?.[0].length ?? 0;
  const trimmed = text.slice(leading).replace(TRAILING_SPACE, '');
  const space = trimmed.indexOf(' ');
  if (space < 0) return E.EINVAL;
  const rest = trimmed.slice(space + 1);
  const argument = rest.replace(LEADING_SPACE, '');
  if (argument === '') return E.EINVAL;
  const command = trimmed.slice(0, space);
  // Trimming puts a NUL after the text; what follows that is still part of the value.
  const start = leading + space + 1 + (rest.length - argument.length);
  const terminated = `${argument}\0${whole.slice(start + argument.length + 1)}`;
  return interpret(attribute, command, argument, terminated.slice(0, whole.length - start));
}

function interpret(
  attribute: 'current' | 'exec' | 'other',
  command: string,
  argument: string,
  vector: string,
): Result<AttrCommand | undefined> {
  const profile = (name: string, how: { onexec?: boolean; stack?: boolean; test?: boolean } = {}): AttrCommand => ({
    kind: 'profile',
    name,
    onexec: how.onexec ?? false,
    stack: how.stack ?? false,
    test: how.test ?? false,
  });
  if (attribute === 'current') {
    if (command === 'changehat' || command === 'permhat') return hatCommand(argument, vector, command === 'permhat');
    if (command === 'changeprofile') return profile(argument);
    if (command === 'permprofile') return profile(argument, { test: true });
    if (command === 'stack') return profile(argument, { stack: true });
  }
  if (attribute === 'exec') {
    if (command === 'exec') return profile(argument, { onexec: true });
    if (command === 'stack') return profile(argument, { onexec: true, stack: true });
  }
  return undefined;
}

function hatCommand(argument: string, vector: string, test: boolean): Result<AttrCommand> {
  const split = splitToken(argument);
  if (failed(split)) return split;
  const { token, length } = split;
  if (argument.length === length) {
    // No hat: return to where the token was given. A token of 0 never leads anywhere.
    return token === 0n ? E.EINVAL : { kind: 'hat', hats: [], token, test };
  }
  const names = vector.slice(length).split('\0');
  // A NUL at the very end terminates the last name and starts none.
  if (names.at(-1) === '') names.pop();
  return { kind: 'hat', hats: names.slice(0, HAT_LIMIT), token, test };
}

/** Hexadecimal digits as simple_strtoull() reads them, then `^`. */
function splitToken(argument: string): Result<{ readonly token: bigint; readonly length: number }> {
  const [, prefix = '', digits = ''] = /^(0[xX])?([0-9a-fA-F]*)/.exec(argument) ?? [];
  const length = prefix.length + digits.length;
  if (length === 0 || argument[length] !== '^') return E.EINVAL;
  return { token: digits === '' ? 0n : BigInt.asUintN(64, BigInt(`0x${digits}`)), length: length + 1 };
}

function untilNul(text: string): string {
  const end = text.indexOf('\0');
  return end < 0 ? text : text.slice(0, end);
}
