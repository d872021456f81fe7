/**
 * The file `policy`: ima_open_policy(), ima_write_policy() and ima_release_policy() of security/integrity/ima/ima_fs.c.
 *
 * One writer at a time puts rules together, line by line; its last close puts them in force. What happens to the file
 * then depends on the build.
 */

import { textOf, untilNul } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { O_ACCMODE, O_RDONLY, O_WRONLY } from '../../../linux/fcntl.ts';
import { S_IWUSR } from '../../../linux/stat.ts';
import { type InodeInit, SequenceFile, sequenceHandle } from '../../../vfs/pseudo/index.ts';
import { type Caller, KERNEL_CALLER } from '../../../vfs/tree/caller.ts';
import { type FileNode, type Handle, Pending, type Position } from '../../../vfs/tree/node.ts';
import type { IntegritySubject } from '../../framework/audit/integrity.ts';
import type { ModuleHost } from '../../framework/module-host.ts';
import type { RuleReader } from '../policy/parse-rule.ts';
import type { Policy } from '../policy/policy.ts';
import { PolicySession, type SessionLog, WRITE_LIMIT } from '../policy/session.ts';
import { type ShownIds, showRule } from '../policy/show-rule.ts';

export interface PolicyFileHost {
  readonly policy: Policy;
  /** CONFIG_IMA_READ_POLICY, CONFIG_IMA_WRITE_POLICY */
  readonly mayRead: boolean;
  readonly mayRewrite: boolean;
  /** Has a file of the host read for a task, with its rights. */
  readFile: ModuleHost['readFile'];
  /** A line for the kernel's log. */
  warn(text: string): void;
  /** Is there anything to be opened yet? */
  unavailable(): Errno | undefined;
  /** Has this caller what reading takes? */
  isReader(caller: Caller): boolean;
  /** Ids in rules, as this reader knows them. */
  shownTo(reader: Caller): ShownIds;
  /** Rules there may be; absent = any number. */
  readonly limit?: number;
  readerFor(writer: Caller): RuleReader;
  /** As records show a writer: by the time that the file is closed it may be gone. */
  subject(writer: Caller): IntegritySubject;
  logFor(writer: IntegritySubject): SessionLog;
  /** Somebody has begun to write. */
  begun(): void;
  /** Only a signed policy is taken. */
  unsigned(writer: IntegritySubject): void;
  /** The session is over. */
  ended(writer: IntegritySubject, loaded: boolean): void;
  /** After that, where it has loaded rules. @param writer the last one. */
  inForce?(writer: Caller): void;
  /** The file is to vanish. */
  remove(): void;
}

const SLASH = 0x2f;

export class PolicyFile extends SequenceFile implements FileNode {
  readonly #host: PolicyFileHost;
  #busy = false;

  constructor(init: InodeInit, host: PolicyFileHost) {
    super(init, { records: () => [] });
    this.#host = host;
  }

  override open(flags: number, caller: Caller): Result<Handle> {
    const { mayRead, policy } = this.#host;
    const unavailable = this.#host.unavailable();
    if (unavailable !== undefined) return unavailable;
    if ((flags & O_WRONLY) === 0) {
      if (!mayRead || (flags & O_ACCMODE) !== O_RDONLY) return E.EACCES;
      if (!this.#host.isReader(caller)) return E.EPERM;
      const shown = this.#host.shownTo(caller);
      return sequenceHandle({ records: () => policy.rules.map((rule) => showRule(rule, shown)) });
    }
    if (this.#busy) return E.EBUSY;
    this.#busy = true;
    policy.isWritten = true;
    this.#host.begun();
    return this.#writer(caller);
  }

  #writer(opener: Caller): Handle {
    const host = this.#host;
    let last = host.subject(opener);
    let lastWriter = opener;
    const session = new PolicySession({
      rule: (body) => host.logFor(last).rule(body),
      invalid: (result) => host.logFor(last).invalid(result),
    });
    return {
      writeMovesPosition: false,
      write: (data, at, writer) => {
        last = host.subject(writer);
        lastWriter = writer;
        const accepted = this.#write(session, data, at, writer, last);
        if (failed(accepted)) session.spoil();
        return accepted;
      },
      writeLater: (data, at, writer) => {
        if (at.offset !== 0 || data[0] !== SLASH) return undefined;
        last = host.subject(writer);
        lastWriter = writer;
        return this.#readRules(session, textOf(untilNul(data.subarray(0, WRITE_LIMIT))), writer);
      },
      release: () => this.#close(session, last, lastWriter),
    };
  }

  #write(
    session: PolicySession,
    data: Uint8Array,
    at: Position,
    writer: Caller,
    subject: IntegritySubject,
  ): Result<number> {
    if (at.offset !== 0) return E.EINVAL;
    if (data[0] === SLASH) return E.EINVAL; // nobody reads files for whoever writes this way
    if (this.#host.policy.mustBeSigned) {
      this.#host.unsigned(subject);
      return E.EACCES;
    }
    const accepted = session.write(data, this.#host.readerFor(writer));
    // A line without its end counts as one byte longer than it is, which no transport can say.
    return failed(accepted) ? accepted : Math.min(accepted, data.length);
  }

  /** ima_read_policy(): rules from a file. @param text its path, up to a newline. */
  #readRules(session: PolicySession, text: string, writer: Caller): Pending<number> {
    const host = this.#host;
    const [path = ''] = text.split('\n', 1);
    const accepted = (content: Result<Uint8Array>): Result<number> => {
      if (failed(content)) host.warn(`ima: Unable to open file: ${path} (${-content.number})`);
      const refused = failed(content) ? content : session.addFile(content, host.readerFor(writer));
      if (refused !== undefined) session.spoil();
      return refused ?? text.length;
    };
    return new Pending((settle) => {
      host.readFile('policy', path, writer, (content) => settle(accepted(content)));
      return { cancel: () => undefined };
    }, false);
  }

  #close(session: PolicySession, last: IntegritySubject, writer: Caller): void {
    const { policy, mayRead, mayRewrite, limit = Number.POSITIVE_INFINITY } = this.#host;
    const collected = session.result ?? [];
    const isLoaded = collected.length > 0 && policy.rules.length + collected.length <= limit;
    const rules = isLoaded ? collected : undefined;
    if (rules !== undefined) policy.load(rules);
    policy.isWritten = false;
    this.#host.ended(last, rules !== undefined);
    if (rules !== undefined) this.#host.inForce?.(writer);
    if (rules === undefined || mayRewrite) this.#busy = false;
    else if (mayRead) this.#forbidWriting();
    else this.#host.remove();
  }

  #forbidWriting(): void {
    this.setAttributes({ mode: this.attributes(KERNEL_CALLER).mode & ~S_IWUSR }, KERNEL_CALLER);
  }
}
