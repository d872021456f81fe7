/**
 * Questions to a security server, and the answers that compare: one line of text each.
 *
 * Classes are numbers of the policy. Answers: access `allowed auditallow auditdeny flags` in hexadecimal; contexts as
 * text; `user` the number of contexts and the contexts; validatetrans `ok` or `denied`; xperms three sets of 256 bits
 * or `none`; labels of objects as text. An errno stands for an answer.
 */
import type { Sid } from '../../../lsm/selinux/policy/index.ts';

export interface PairQuestion {
  readonly kind: 'access' | 'member' | 'relabel';
  readonly source: string;
  readonly target: string;
  readonly class: number;
}

export interface CreateQuestion {
  readonly kind: 'create';
  readonly source: string;
  readonly target: string;
  readonly class: number;
  /** Last component of the new object's path. */
  readonly name?: string;
}

export interface XpermsQuestion {
  readonly kind: 'xperms';
  readonly source: string;
  readonly target: string;
  readonly class: number;
  readonly driver: number;
  readonly base: 'ioctl' | 'nlmsg';
}

export interface ValidateQuestion {
  readonly kind: 'validatetrans';
  readonly old: string;
  readonly new: string;
  readonly class: number;
  readonly task: string;
}

/** What the policy says of things that are not contexts. */
export type ObjectQuestion =
  | { readonly kind: 'genfs'; readonly type: string; readonly path: string; readonly class: number }
  | { readonly kind: 'fsuse'; readonly type: string }
  | { readonly kind: 'port'; readonly protocol: number; readonly port: number }
  | { readonly kind: 'node'; readonly address: Uint8Array }
  | { readonly kind: 'netif'; readonly name: string }
  | { readonly kind: 'pkey'; readonly subnetPrefix: Uint8Array; readonly key: number }
  | { readonly kind: 'endport'; readonly device: string; readonly port: number }
  | { readonly kind: 'isid'; readonly sid: Sid };

export type Question =
  | PairQuestion
  | CreateQuestion
  | XpermsQuestion
  | ValidateQuestion
  | ObjectQuestion
  | { readonly kind: 'context'; readonly text: string }
  | { readonly kind: 'user'; readonly source: string; readonly user: string };

export type QuestionKind = Question['kind'];
export type Answer = string;

/** Something to do between questions. Its answer is `ok`. */
export type Step =
  | { readonly kind: 'load'; readonly file: string }
  | { readonly kind: 'boolean'; readonly name: string; readonly value: 0 | 1 };

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
