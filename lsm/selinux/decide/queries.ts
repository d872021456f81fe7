/**
 * The questions that selinuxfs answers: access, create, relabel, member, user, context, validatetrans.
 *
 * Formats: sel_write_access() and its siblings of security/selinux/selinuxfs.c, Linux 6.12. Classes are the policy's
 * numbers, truncated to 16 bits. Every context in a query becomes a SID, as in the kernel. Permission to ask is the
 * caller's business.
 */
import { AUDIT } from '../../../linux/audit.ts';
import { textOf } from '../../../linux/bytes.ts';
import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import { scanFields } from '../../../vfs/pseudo/scan.ts';
import { untrusted } from '../../framework/audit/audit-text.ts';
import type { Context, Sid } from '../policy/index.ts';
import {
  type ContextOperation,
  computeAv,
  computeContext,
  contextIsValid,
  formatContext,
  kernelClass,
  reachableContexts,
  validateTransition,
} from './index.ts';
import type { LoadedPolicy } from './load.ts';
import { decodeObjectName } from './object-name.ts';
import type { SelinuxState } from './state.ts';

/** What an answer may have, terminating NULs included (the page of a transaction less its header). */
const ANSWER_LIMIT = 4088;

/** The canonical form of a context. */
export function answerContext(state: SelinuxState, query: Uint8Array): Result<string> {
  const sid = state.contextToSid(textOf(query));
  return failed(sid) ? sid : contextAnswer(state, sid);
}

/** `SCON TCON CLASS`: allowed, decided, auditallow, auditdeny, seqno, flags. */
export function answerAccess(state: SelinuxState, query: Uint8Array): Result<string> {
  const pair = scanPair(state, query);
  if (failed(pair)) return pair;
  const { loaded } = state;
  if (loaded === undefined) return accessText(0xffffffff, 0, 0xffffffff, 0, 0);
  const source = loaded.sids.context(pair.ssid);
  const target = loaded.sids.context(pair.tsid);
  if (source === undefined || target === undefined) return accessText(0, 0, 0xffffffff, state.seqno, 0);
  const av = computeAv(loaded.state, source, target, pair.tclass, (violation) => state.auditBounds(violation));
  return accessText(av.allowed, av.auditallow, av.auditdeny, state.seqno, av.flags);
}

function accessText(allowed: number, auditallow: number, auditdeny: number, seqno: number, flags: number): string {
  const hex = (value: number) => (value >>> 0).toString(16);
  return `${hex(allowed)} ffffffff ${hex(auditallow)} ${hex(auditdeny)} ${seqno} ${hex(flags)}`;
}

/** `SCON TCON CLASS [NAME]` for `create` (transition), without NAME for `relabel` (change) and `member`. */
export function answerComputedContext(
  state: SelinuxState,
  operation: ContextOperation,
  query: Uint8Array,
): Result<string> {
  const pair = scanPair(state, query);
  if (failed(pair)) return pair;
  let name: string | undefined;
  if (operation === 'transition' && pair.name !== undefined) {
    name = decodeObjectName(pair.name);
    if (name === undefined) return E.EINVAL;
  }
  const sid = computeSid(state, operation, pair.ssid, pair.tsid, pair.tclass, name);
  return failed(sid) ? sid : contextAnswer(state, sid);
}

/** `FROMCON USERNAME`: how many contexts the user can be given, and the contexts, each with its NUL. */
export function answerUser(state: SelinuxState, query: Uint8Array): Result<string> {
  const [from, user] = scanFields(query, ['s', 's']);
  if (from === undefined || user === undefined) return E.EINVAL;
  const sid = state.contextToSid(from);
  if (failed(sid)) return sid;
  const { loaded } = state;
  if (loaded === undefined) return '0\0';
  const context = loaded.sids.context(sid);
  if (context === undefined) return E.EINVAL;
  const reachable = reachableContexts(loaded.state, context, user);
  if (failed(reachable)) return reachable;
  const texts = reachable.map((candidate) => `${formatContext(loaded.state.db, candidate)}\0`);
  const answer = `${texts.length}\0${texts.join('')}`;
  return texts.length > 0 && answer.length >= ANSWER_LIMIT ? E.ERANGE : answer;
}

/** `OLD NEW CLASS TASK`: EPERM when a validatetrans rule forbids the change. */
export function checkTransition(state: SelinuxState, query: Uint8Array): Errno | undefined {
  const [oldText, newText, tclass, taskText] = scanFields(query, ['s', 's', 'hu', 's']);
  if (oldText === undefined || newText === undefined || tclass === undefined || taskText === undefined) return E.EINVAL;
  const sids: Sid[] = [];
  for (const text of [oldText, newText, taskText]) {
    const sid = state.contextToSid(text);
    if (failed(sid)) return sid;
    sids.push(sid);
  }
  const { loaded } = state;
  if (loaded === undefined) return undefined;
  const [oldContext, newContext, task] = sids.map((sid) => loaded.sids.context(sid));
  if (oldContext === undefined || newContext === undefined || task === undefined) return E.EINVAL;
  const valid = validateTransition(loaded.state, oldContext, newContext, task, tclass);
  if (failed(valid)) return valid;
  return valid ? undefined : E.EPERM;
}

/**
 * The SID of a new object or process. `tclass` is the policy's class.
 * A context that the policy forbids is reported; it is refused when enforcing and used when permissive.
 */
export function computeSid(
  state: SelinuxState,
  operation: ContextOperation,
  ssid: Sid,
  tsid: Sid,
  tclass: number,
  name?: string,
): Result<Sid> {
  const { loaded } = state;
  if (loaded === undefined) return tclass === kernelClass('process') ? ssid : tsid;
  const source = loaded.sids.context(ssid);
  const target = loaded.sids.context(tsid);
  if (source === undefined || target === undefined) return E.EINVAL;
  const context = computeContext(loaded.state, operation, source, target, tclass, name);
  if (failed(context)) return context;
  if (!contextIsValid(loaded.state.db, context)) {
    state.log.audit(AUDIT.SELINUX_ERR, invalidContextRecord(loaded, context, source, target, tclass));
    if (state.enforcing) return E.EACCES;
  }
  return loaded.sids.intern(context, [ssid, tsid]);
}

function invalidContextRecord(
  { state: { db } }: LoadedPolicy,
  context: Context,
  source: Context,
  target: Context,
  tclass: number,
): string {
  return (
    `op=security_compute_sid invalid_context=${untrusted(formatContext(db, context))}` +
    ` scontext=${formatContext(db, source)} tcontext=${formatContext(db, target)} tclass=${db.classes.nameOf(tclass) ?? ''}`
  );
}

function contextAnswer(state: SelinuxState, sid: Sid): Result<string> {
  const text = state.sidToContext(sid);
  if (failed(text)) return text;
  return text.length + 1 > ANSWER_LIMIT ? E.ERANGE : `${text}\0`;
}

interface Pair {
  readonly ssid: Sid;
  readonly tsid: Sid;
  readonly tclass: number;
  /** A fourth word. */
  readonly name: string | undefined;
}

function scanPair(state: SelinuxState, query: Uint8Array): Result<Pair> {
  const [source, target, tclass, name] = scanFields(query, ['s', 's', 'hu', 's']);
  if (source === undefined || target === undefined || tclass === undefined) return E.EINVAL;
  const ssid = state.contextToSid(source);
  if (failed(ssid)) return ssid;
  const tsid = state.contextToSid(target);
  return failed(tsid) ? tsid : { ssid, tsid, tclass, name };
}
