/**
 * What a writer of the policy file puts together: ima_write_policy() and ima_release_policy().
 *
 * One error, whatever follows, spoils all; so does a session that adds no rule.
 */
import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { parseRule, type RuleReader } from './parse-rule.ts';
import type { ImaRule } from './rule.ts';

/** PAGE_SIZE - 1: what is looked at of one write. */
export const WRITE_LIMIT = 4095;

/** Records of the loading of rules. */
export interface SessionLog {
  /** Body of an INTEGRITY_POLICY_RULE record. */
  rule(body: string): void;
  /** A rule was refused. */
  invalid(result: Errno): void;
}

export class PolicySession {
  readonly #log: SessionLog;
  #rules: ImaRule[] = [];
  #valid = true;

  constructor(log: SessionLog) {
    this.#log = log;
  }

  /** Rules to be put in force; `undefined` = none, the session has failed. */
  get result(): readonly ImaRule[] | undefined {
    return this.#valid && this.#rules.length > 0 ? this.#rules : undefined;
  }

  spoil(): void {
    this.#valid = false;
  }

  /** The first line of `data`. @returns its length with its end, whether that is there or not. */
  write(data: Uint8Array, reader: RuleReader): Result<number> {
    const result = this.addLine(textOf(untilNul(data.subarray(0, WRITE_LIMIT))), reader);
    if (failed(result)) this.spoil();
    return result;
  }

  /** All lines of a file of rules, each with its end: ima_read_policy(). The rules before a bad one are not taken back. */
  addFile(content: Uint8Array, reader: RuleReader): Errno | undefined {
    const text = textOf(untilNul(content));
    for (const line of text.split('\n').slice(0, text.endsWith('\n') ? -1 : undefined)) {
      const added = this.addLine(line, reader);
      if (failed(added)) return added;
    }
    return text.length === content.length && text.endsWith('\n') ? undefined : E.EINVAL;
  }

  /** ima_parse_add_rule() */
  addLine(text: string, reader: RuleReader): Result<number> {
    const [line = ''] = text.split('\n', 1);
    const content = line.replace(/^[ \t]+/, '');
    if (content !== '' && !content.startsWith('#')) {
      const { result, audit } = parseRule(content, reader);
      this.#log.rule(audit);
      if (failed(result)) {
        this.#log.invalid(result);
        return result;
      }
      this.#rules.push(result);
    }
    return line.length + 1;
  }
}
