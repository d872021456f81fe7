/**
 * Calls that change the ids of their caller: setuid(2) and its relatives of kernel/sys.c and kernel/groups.c, Linux 6.12. For ids that
 * are not its own a task needs a capability; without it the kernel itself refuses.
 */
import { CAP } from '../../../linux/capability.ts';
import type { AccessCheck } from '../../../lsm/framework/access/access.ts';
import { callersId } from '../access/caller-ids.ts';
import { capabilityCheck } from '../access/calls.ts';
import { type Ids, taskIdentity } from '../access/task-state.ts';
import type { Handler, WorkerContext } from '../context.ts';
import { ask, asksFor, changes, needing } from './own-privileges.ts';

/** INVALID_UID, INVALID_GID: where several ids are given, this one stays. */
const INVALID_ID = 0xffffffff;

type Kind = 'uid' | 'gid';

const CAPABILITY: Readonly<Record<Kind, number>> = { uid: CAP.SETUID, gid: CAP.SETGID };

interface Wanted {
  readonly own: Ids & { readonly filesystem: number };
  /** As they are in our user namespace, with those that stay. */
  readonly ids: readonly (number | undefined)[];
}

/** What the first `count` arguments say; `undefined` = one is no id there (EINVAL), or the caller has ended. */
function wanted(context: WorkerContext, kind: Kind, count: number): Wanted | undefined {
  const { call, view } = context;
  const own = taskIdentity(view, call.tid)?.[`${kind}s`];
  const credentials = view.credentials(call.tid);
  if (own === undefined || credentials === undefined) return undefined;
  const ids: (number | undefined)[] = [];
  for (let argument = 0; argument < count; argument++) {
    const given = call.low(argument) >>> 0;
    const id = given === INVALID_ID ? undefined : callersId(context, kind, given);
    if (given !== INVALID_ID && id === undefined) return undefined;
    ids.push(id);
  }
  return { own: { ...own, filesystem: kind === 'uid' ? credentials.fsuid : credentials.fsgid }, ids };
}

/** The same, of calls that are about their own caller, where somebody is to be asked. */
const judged = (context: WorkerContext, kind: Kind, count: number): Wanted | undefined => {
  changes(context);
  return asksFor(context) ? wanted(context, kind, count) : undefined;
};

/**
 * (id). Without the capability a task may take its real and its saved id. As a deviation, all its ids become that one when a module
 * refuses the capability and the host's kernel does not: in a kernel with the module the real and the saved id stay.
 */
const one =
  (kind: Kind): Handler =>
  (context) => {
    const { own, ids } = judged(context, kind, 1) ?? {};
    const [id] = ids ?? [];
    if (own === undefined || id === undefined) return;
    const stays = id === own.real || id === own.saved;
    ask(context, capabilityCheck(context, CAPABILITY[kind], stays ? 'ignored' : 'EPERM'));
  };

/** (real, effective). Each is asked about by itself. */
const two =
  (kind: Kind): Handler =>
  (context) => {
    const { own, ids } = judged(context, kind, 2) ?? {};
    if (own === undefined) return;
    const [real, effective] = ids ?? [];
    const needed = (id: number | undefined, ...free: readonly number[]): readonly AccessCheck[] =>
      id === undefined || free.includes(id) ? [] : capabilityCheck(context, CAPABILITY[kind]);
    ask(context, [...needed(real, own.real, own.effective), ...needed(effective, own.real, own.effective, own.saved)]);
  };

/** (real, effective, saved). One that is none of its own three needs the capability. */
const three =
  (kind: Kind): Handler =>
  (context) => {
    const { own, ids = [] } = judged(context, kind, 3) ?? {};
    if (own === undefined) return;
    const free = [undefined, own.real, own.effective, own.saved];
    if (!ids.every((id) => free.includes(id))) ask(context, capabilityCheck(context, CAPABILITY[kind]));
  };

/** (id). A refusal is no error: the id that it has stays, and is the result as always. */
const ofFiles =
  (kind: Kind): Handler =>
  (context) => {
    const { call, mediator } = context;
    const { own, ids } = judged(context, kind, 1) ?? {};
    const [id] = ids ?? [];
    if (own === undefined || id === undefined) return;
    if ([own.real, own.effective, own.saved, own.filesystem].includes(id)) return;
    const refused = mediator?.decide(call.tid, capabilityCheck(context, CAPABILITY[kind])) ?? 0;
    if (refused !== 0) call.succeed(own.filesystem);
  };

/** Notified for all families that remember answers for a caller. */
export const userIds = {
  setuid: one('uid'),
  setreuid: two('uid'),
  setresuid: three('uid'),
  setfsuid: ofFiles('uid'),
};

/** Where capabilities are not mediated nothing that is remembered depends on groups: no module judges by them. */
export const groupIds: Readonly<Record<'setgid' | 'setregid' | 'setresgid' | 'setfsgid' | 'setgroups', Handler>> = {
  setgid: one('gid'),
  setregid: two('gid'),
  setresgid: three('gid'),
  setfsgid: ofFiles('gid'),
  setgroups: (context) => {
    changes(context);
    needing(CAP.SETGID)(context);
  },
};
