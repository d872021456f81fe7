/**
 * The nodes of SELinux namespaces: unshare, maxns, maxnsdepth.
 *
 * Model: the patch series of 2025 (sel_write_unshare and its siblings). Where namespaces have labels of their own,
 * `unshare` takes their name, as the prototypes of 2018 to 2022 did: any text that is not a boolean word.
 */

import { textOf } from '../../../linux/bytes.ts';
import { E, failed, type Result } from '../../../linux/errno.ts';
import { SimpleWriteFile } from '../../../vfs/pseudo/index.ts';
import type { DirectoryEntry } from '../../../vfs/tree/node.ts';
import type { NamespaceRules } from '../namespaces/rules.ts';
import type { SelinuxfsContext } from './context.ts';

/** XATTR_NAME_MAX less `security.selinux`, its NUL, a dot and one to spare. */
const NAME_LIMIT = 236;

export function namespaceNodes(context: SelinuxfsContext): DirectoryEntry[] {
  const { node } = context.namespace.rules;
  return [
    ...(node ? [{ name: 'unshare', node: unshareNode(context) }] : []),
    { name: 'maxns', node: limitNode(context, 'maxns', node ? 23 : 22) },
    { name: 'maxnsdepth', node: limitNode(context, 'maxnsdepth', node ? 24 : 23) },
  ];
}

/** How many inode numbers these nodes have before those that follow. */
export function namespaceInos({ exist, node }: NamespaceRules): number {
  if (!exist) return 0;
  return node ? 3 : 2;
}

function unshareNode({ namespace, control, securityOf, foreign, check, init }: SelinuxfsContext) {
  const { ownLabels } = namespace.rules;
  return new SimpleWriteFile(init('/unshare', 22, 0o600), {
    read: (caller) => (securityOf(caller).namespace.isInitial ? '0' : '1'),
    checkFirst: foreign,
    check: (caller) => check(caller, 'unshare'),
    store: (text, caller) => {
      const wish = ownLabels ? booleanOrName(textOf(text)) : kernelBoolean(textOf(text));
      if (failed(wish)) return wish;
      if (wish === false) return undefined;
      const refused = control.unshare(caller, wish === true ? undefined : wish);
      // The series of 2025 answers every failure like this one.
      return refused === undefined ? undefined : E.ENOMEM;
    },
  });
}

function limitNode(context: SelinuxfsContext, name: 'maxns' | 'maxnsdepth', ino: number) {
  const { namespace, control, foreign, check, init } = context;
  return new SimpleWriteFile(init(`/${name}`, ino, 0o600), {
    read: () => String(control.limits[name]),
    checkFirst: (caller) => (namespace.isInitial ? foreign(caller) : E.EPERM) ?? check(caller, `set${name}`),
    store: (text) => {
      const value = kernelUnsigned(textOf(text));
      if (failed(value)) return value;
      control.limits[name] = value;
      return undefined;
    },
  });
}

/** kstrtobool(): the first letter decides, for `o` the second. */
function kernelBoolean(text: string): Result<boolean> {
  if (/^(?:[eyt1]|on)/i.test(text)) return true;
  return /^(?:[dnf0]|of)/i.test(text) ? false : E.EINVAL;
}

function booleanOrName(text: string): Result<boolean | string> {
  if (text.length > NAME_LIMIT) return E.EINVAL;
  const name = text.trimEnd();
  if (/^(?:1|y|yes|t|true|e|enabled?|on)$/i.test(name)) return true;
  return /^(?:0|n|no|f|false|d|disabled?|off?)$/i.test(name) ? false : name;
}

/** kstrtouint() with base 0: EINVAL, ERANGE. */
function kernelUnsigned(text: string): Result<number> {
  const found = /^\+?(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))(.*)$/is.exec(text);
  if (found === null) return E.EINVAL;
  const [, hex, octal, decimal, rest = ''] = found;
  const value = BigInt(hex !== undefined ? `0x${hex}` : octal !== undefined ? `0o0${octal}` : (decimal ?? '0'));
  if (value > 0xffffffffffffffffn) return E.ERANGE;
  if (rest !== '' && rest !== '\n') return E.EINVAL;
  return value > 0xffffffffn ? E.ERANGE : Number(value);
}
