/**
 * What a task does to sockets: the selinux_socket_*() hooks of security/selinux/hooks.c, Linux 6.12.
 *
 * A socket has the label that its maker gave it, and is a subject itself where ports and nodes are concerned.
 */
import { E, type Errno } from '../../../linux/errno.ts';
import type { Tid } from '../../../linux/ids.ts';
import { AF_INET, AF_INET6, AF_UNSPEC } from '../../../linux/socket.ts';
import type { Caller } from '../../../vfs/tree/caller.ts';
import type { AccessHooks } from '../../framework/access/access.ts';
import type { AccessedSocket, SocketKind } from '../../framework/access/socket-access.ts';
import { addressField, socketFields } from '../../framework/audit/lsm-audit.ts';
import { KERN_WARNING } from '../../framework/facts.ts';
import type { Task } from '../../framework/task.ts';
import { nodeContext, portContext, SID } from '../decide/index.ts';
import { CAPABILITY_USERSPACE_INITIAL_CONTEXT } from '../decide/policy-capabilities.ts';
import type { SelinuxState } from '../decide/state.ts';
import { checkEach, socketSidIn, type TaskSecurity } from '../namespaces/task-security.ts';
import type { Context, PolicyDb, Sid } from '../policy/index.ts';
import { messagePermission } from './netlink-messages.ts';
import { classOfSocket } from './socket-class.ts';

export interface SocketAccessHost {
  readonly securityOf: (task: Task) => TaskSecurity;
  /** Who made the socket with this inode number that the task with this thread id has open. */
  readonly socketMaker: (socket: number, tid: Tid) => Task | undefined;
}

/** Those that connect to named ports. */
const NAMED_PEERS: ReadonlySet<string> = new Set(['tcp_socket', 'dccp_socket', 'sctp_socket']);
const INTERNET: ReadonlySet<number> = new Set([AF_INET, AF_INET6]);

export function socketAccessHooks(host: SocketAccessHost): AccessHooks {
  /** One socket as a subject, its peer as the object. */
  const betweenSockets =
    (permission: string): NonNullable<AccessHooks['unixMaySend']> =>
    (task, { socket, peer }, caller) => {
      const [own, other] = [host.socketMaker(socket.ino, task.tid), host.socketMaker(peer.ino, peer.holder)];
      if (own === undefined || other === undefined) return undefined;
      const [from, to] = [host.securityOf(own), host.securityOf(other)];
      return checkEach(host.securityOf(task), ({ namespace }) => {
        const [sid, peerSid] = [from, to].map((security) => socketSidIn(security, namespace) ?? SID.unlabeled);
        const { state } = namespace;
        if (sid === undefined || peerSid === undefined) return undefined;
        return state.check(caller, sid, peerSid, classOfSocket(state, peer), permission, socketFields(peer));
      });
    };
  const onSocket = (
    task: Task,
    socket: AccessedSocket,
    check: (state: SelinuxState, own: Sid, sid: Sid, objectClass: string) => Errno | undefined,
  ): Errno | undefined => {
    const maker = host.socketMaker(socket.ino, task.tid);
    if (maker === undefined) return undefined;
    const security = host.securityOf(maker);
    return checkEach(host.securityOf(task), ({ namespace, current }) => {
      const sid = socketSidIn(security, namespace) ?? SID.unlabeled;
      return check(namespace.state, current, sid, classOfSocket(namespace.state, socket));
    });
  };
  const using =
    (permission: string): NonNullable<AccessHooks['socketListen']> =>
    (task, { socket }, caller) =>
      onSocket(task, socket, (state, own, sid, objectClass) =>
        use(state, caller, own, sid, objectClass, permission, socket),
      );

  return {
    socketCreate: (task, { family, type, protocol }, caller) =>
      checkEach(host.securityOf(task), ({ namespace: { state }, current, sockcreate }) => {
        const objectClass = classOfSocket(state, { family, type, protocol });
        return state.check(caller, current, sockcreate || current, objectClass, 'create');
      }),
    unixStreamConnect: betweenSockets('connectto'),
    unixMaySend: betweenSockets('sendto'),
    socketListen: using('listen'),
    socketAccept: using('accept'),
    socketShutdown: using('shutdown'),
    socketSetsockopt: using('setopt'),
    socketGetsockname: using('getattr'),
    socketGetpeername: using('getattr'),
    socketSendmsg: using('write'),
    socketRecvmsg: using('read'),
    socketGetsockopt: (task, { socket }, caller) =>
      isOpen(socket) ? using('getopt')(task, { socket }, caller) : undefined,
    netlinkSend: (task, { socket, type }, caller) =>
      onSocket(task, socket, (state, own, sid, objectClass) => {
        const permission = messagePermission(objectClass, type);
        if (permission === 'unknown') return refuseUnknown(state, socket.protocol, type, objectClass, caller);
        if (permission === undefined) return undefined;
        return use(state, caller, own, sid, objectClass, permission, socket);
      }),
    socketBind: (task, { socket, to, named, family = AF_UNSPEC }, caller) =>
      onSocket(task, socket, (state, own, sid, objectClass) => {
        const refused = use(state, caller, own, sid, objectClass, 'bind', socket);
        if (refused !== undefined || !INTERNET.has(socket.family)) return refused;
        if (family !== AF_UNSPEC && !INTERNET.has(family)) return unknownFamily(objectClass);
        if (to === undefined) return undefined;
        const source = to.port === 0 ? '' : ` src=${to.port}`;
        const port = named ? portSid(state, socket.protocol, to.port) : undefined;
        const node = labelled(state, (db) => nodeContext(db, Uint8Array.from(to.address)), SID.node);
        return (
          (port === undefined ? undefined : state.check(caller, sid, port, objectClass, 'name_bind', source)) ??
          state.check(caller, sid, node, objectClass, 'node_bind', `${addressField('saddr', to)}${source}`)
        );
      }),
    socketConnect: (task, { socket, to, family = AF_UNSPEC }, caller) =>
      onSocket(task, socket, (state, own, sid, objectClass) => {
        const refused = use(state, caller, own, sid, objectClass, 'connect', socket);
        if (refused !== undefined || !NAMED_PEERS.has(objectClass)) return refused;
        if (family !== AF_UNSPEC && !INTERNET.has(family)) return unknownFamily(objectClass);
        if (to === undefined) return undefined;
        const port = portSid(state, socket.protocol, to.port);
        return state.check(caller, sid, port, objectClass, 'name_connect', ` dest=${to.port}`);
      }),
  };
}

/** Of an address, by the kind of the socket that is given it. */
const unknownFamily = (objectClass: string): Errno => (objectClass === 'sctp_socket' ? E.EINVAL : E.EAFNOSUPPORT);

/** sock_has_perm(): what the kernel itself has made is used by everybody. */
function use(
  state: SelinuxState,
  caller: Caller,
  own: Sid,
  sid: Sid,
  objectClass: string,
  permission: string,
  socket: AccessedSocket,
): Errno | undefined {
  if (isOfKernel(state, sid)) return undefined;
  return state.check(caller, own, sid, objectClass, permission, socketFields(socket));
}

/** sock_skip_has_perm(): the first processes count as the kernel, unless the policy tells them apart. */
function isOfKernel({ loaded }: SelinuxState, sid: Sid): boolean {
  if (sid === SID.kernel) return true;
  return sid === SID.init && loaded?.state.db.capabilities.has(CAPABILITY_USERSPACE_INITIAL_CONTEXT) !== true;
}

/** One of which only the kind is known has no label. */
const isOpen = (socket: SocketKind & Partial<AccessedSocket>): socket is AccessedSocket => socket.ino !== undefined;

/** selinux_netlink_send(), of a message whose type has no permission. */
function refuseUnknown(
  { loaded, log, enforcing }: SelinuxState,
  protocol: number,
  type: number,
  objectClass: string,
  { tgid, comm }: Caller,
): Errno | undefined {
  const what = `protocol=${protocol} nlmsg_type=${type} sclass=${objectClass} pid=${tgid} comm=${comm}`;
  log.print(`SELinux: unrecognized netlink message: ${what}`, KERN_WARNING);
  return enforcing && loaded?.state.db.handleUnknown !== 'allow' ? E.EINVAL : undefined;
}

/** sel_netport_sid() takes the protocol as a byte: a port of MPTCP (262) is one of TCP (6). */
const portSid = (state: SelinuxState, protocol: number, port: number): Sid =>
  labelled(state, (db) => portContext(db, protocol & 0xff, port), SID.port);

function labelled(state: SelinuxState, find: (db: PolicyDb) => Context | undefined, otherwise: Sid): Sid {
  const { loaded } = state;
  const context = loaded && find(loaded.state.db);
  return loaded === undefined || context === undefined ? otherwise : loaded.sids.intern(context);
}
