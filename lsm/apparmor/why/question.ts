/**
 * A question in the words of the profile language, and what is wrong with one that makes no sense.
 *
 * After the label comes a path with permissions, or the keyword of another kind of rule: `capability net_admin`, `network inet stream`,
 * `signal term PEER send`, `ptrace PEER trace`, `mount SOURCE TARGET TYPE OPTION...`, `umount PATH`, `pivot_root NEW OLD`, `userns`,
 * `change_profile LABEL`, `change_hat HAT`.
 */

import { failed } from '../../../linux/errno.ts';
import type { WhyProblem } from '../../framework/inspection/why.ts';
import { type Label, type Policy, parseLabel } from '../policy/index.ts';
import type { Access } from './access.ts';
import { changeHatAccess, changeProfileAccess } from './change-access.ts';
import { fileAccess } from './file-access.ts';
import * as other from './other-access.ts';
import type { Peer } from './peer.ts';
import * as words from './words.ts';

export interface WhyQuestion {
  /** A profile, a namespace or a stack, as somebody in the root namespace names it; bytes as characters, like the words. */
  readonly label: string;
  readonly words: readonly string[];
  /** Does the file belong to the asker? Rules may begin with `owner`. */
  readonly owner: boolean;
}

export interface ParsedQuestion {
  readonly label: Label;
  readonly access: Access;
}

export function parseQuestion(policy: Policy, question: WhyQuestion): ParsedQuestion | WhyProblem {
  const label = find(policy, question.label);
  if (typeof label === 'string') return labelProblem(policy, label);
  const [first = '', ...rest] = question.words;
  const access = first.startsWith('/')
    ? fileQuestion(first, rest, question.owner)
    : keywordQuestion(policy, label, first, rest);
  return 'problem' in access ? access : { label, access };
}

/** The label; its text when the policy does not have it. */
function find(policy: Policy, text: string): Peer {
  const label = parseLabel(policy.unconfined, text);
  return failed(label) ? text : label;
}

function labelProblem(policy: Policy, text: string): WhyProblem {
  const names = policy.root.profiles.map(({ hname }) => hname);
  return {
    problem: `The policy has no label '${text}'.`,
    fix: names.length === 0 ? 'Load profiles first: apparmor_parser -r FILE.' : similar(text, names),
  };
}

function fileQuestion(path: string, asked: readonly string[], owner: boolean): Access | WhyProblem {
  const permissions = asked.flatMap((word) => (/^[rwaxmkl]+$/.test(word) ? [...word] : [word]));
  const known = [...Object.keys(words.FILE_LETTERS), ...Object.keys(words.FILE_WORDS)];
  const wrong = permissions.find((name) => !known.includes(name));
  if (wrong !== undefined)
    return { problem: `Files have no permission '${wrong}'.`, fix: `Known: ${known.join(', ')}.` };
  return fileAccess(path, permissions.length > 0 ? unique(permissions) : Object.keys(words.FILE_LETTERS), owner);
}

type Form = (rest: readonly string[]) => Access | WhyProblem;

function keywordQuestion(policy: Policy, label: Label, keyword: string, rest: readonly string[]): Access | WhyProblem {
  const peer = (text: string) => find(policy, text);
  const forms: Readonly<Record<string, Form>> = {
    capability: (names) => capabilityQuestion(names),
    network: ([family = '', type = '', ...permissions]) =>
      needs('network FAMILY TYPE [PERMISSION...]', type) ??
      unknown('address family', family, words.familyNames) ??
      unknown('socket type', type, Object.keys(words.SOCKET_TYPES)) ??
      among(words.NETWORK, permissions, (asked) => other.networkAccess(family, type, asked)),
    signal: ([signal = '', text = '', ...permissions]) =>
      needs('signal NAME PEER [send|receive]', text) ??
      (words.signalNumber(signal) === undefined ? unknown('signal', signal, words.signalNames) : undefined) ??
      among(words.SIGNAL, permissions, (asked) => other.signalAccess(signal, peer(text), asked)),
    ptrace: ([text = '', ...permissions]) =>
      needs('ptrace PEER [trace|read|tracedby|readby]', text) ??
      among(words.PTRACE, permissions, (asked) => other.ptraceAccess(peer(text), asked)),
    mount: ([source = '', target = '', type = '', ...options]) =>
      needs('mount SOURCE TARGET TYPE [OPTION...]', type) ??
      among(words.MOUNT_FLAGS, options, () => other.mountAccess({ source, target, type, options })),
    umount: ([path = '']) => needs('umount PATH', path) ?? other.umountAccess(path),
    pivot_root: ([to = '', from = '']) => needs('pivot_root NEW OLD', from) ?? other.pivotRootAccess(to, from),
    userns: () => other.usernsAccess(),
    change_profile: ([text = '']) => needs('change_profile LABEL', text) ?? changeProfileAccess(peer(text), label),
    change_hat: (hats) => changeHatAccess(label, hats),
  };
  return (
    forms[keyword]?.(rest) ?? {
      problem: `'${keyword}' is neither an absolute path nor a kind of rule.`,
      fix: `Write /PATH PERMISSIONS or one of: ${Object.keys(forms).join(', ')}.`,
    }
  );
}

function capabilityQuestion(asked: readonly string[]): Access | WhyProblem {
  const names = asked.map((name) => name.toLowerCase().replace(/^cap_/, ''));
  const wrong = names.find((name) => !words.capabilityNames.includes(name));
  if (wrong !== undefined) return unknown('capability', wrong, words.capabilityNames) as WhyProblem;
  return other.capabilityAccess(names.length > 0 ? unique(names) : words.capabilityNames);
}

/** @returns a problem when the last of the words is missing. */
function needs(form: string, last: string): WhyProblem | undefined {
  return last === '' ? { problem: 'The question is not complete.', fix: `Ask: ${form}.` } : undefined;
}

function unknown(what: string, name: string, names: readonly string[]): WhyProblem | undefined {
  return names.includes(name) ? undefined : { problem: `There is no ${what} '${name}'.`, fix: similar(name, names) };
}

function among(bits: words.Bits, asked: readonly string[], make: (asked: readonly string[]) => Access) {
  const names = Object.keys(bits);
  const wrong = asked.find((name) => !names.includes(name));
  if (wrong !== undefined) return { problem: `There is no '${wrong}' here.`, fix: `Known: ${names.join(', ')}.` };
  return make(asked.length > 0 ? unique(asked) : names);
}

const unique = (names: readonly string[]): string[] => [...new Set(names)];

const SHOWN = 8;

/** Names that share a beginning or a part with what was written; else a few of all. */
function similar(wrong: string, names: readonly string[]): string {
  const near = names.filter(
    (name) => (wrong.length > 2 && name.startsWith(wrong.slice(0, 3))) || name.includes(wrong) || wrong.includes(name),
  );
  const shown = (near.length > 0 ? near : names).slice(0, SHOWN);
  return `Known: ${shown.join(', ')}${shown.length < names.length ? ', ...' : ''}.`;
}
