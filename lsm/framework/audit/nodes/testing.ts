/** Nodes of audit in a stack of no modules. */
import { bytesOf, textOf } from '../../../../linux/bytes.ts';
import { failed, type Result } from '../../../../linux/errno.ts';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../../../linux/fcntl.ts';
import { taskId, tidOf } from '../../../../linux/ids.ts';
import type { Caller } from '../../../../vfs/tree/caller.ts';
import { type Handle, type Node, Pending } from '../../../../vfs/tree/node.ts';
import * as operations from '../../../../vfs/tree/operations.ts';
import { bootToys, callerOf, type ToyStack } from '../../testing/toy.ts';

export const ROOT = callerOf(10);
/** Of root in a user namespace. */
export const USER_NAMESPACE = { id: 7, ancestors: [], rootUid: 1000, rootGid: 1000 };

/** Root without a capability. */
export function without(capability: number): Caller {
  return { ...ROOT, capabilities: ROOT.capabilities & ~(1n << BigInt(capability)) };
}

export class OpenNode {
  readonly handle: Handle;
  readonly #caller: Caller;

  constructor(handle: Handle, caller: Caller) {
    this.handle = handle;
    this.#caller = caller;
  }

  /** Text, a wait, or the code of an errno. */
  read(length = 65_536, offset = 0): string | Pending<Uint8Array> {
    const data = operations.read(this.handle, length, { offset }, this.#caller);
    if (data instanceof Pending) return data;
    return failed(data) ? data.code : textOf(data);
  }

  /** What a read that waits gets. */
  waitFor(): { text: string } {
    const got = { text: 'nothing' };
    const pending = this.read();
    if (!(pending instanceof Pending)) throw new Error(`it does not wait: ${pending}`);
    pending.start((result) => {
      got.text = failed(result) ? result.code : textOf(result);
    });
    return got;
  }

  /** Writes all, as programs do: what was not taken is written again. @returns the code of the errno that ended it, or `ok`. */
  write(text: string, caller = this.#caller): string {
    let rest = bytesOf(text);
    while (rest.length > 0) {
      const later = operations.writeLater(this.handle, rest, { offset: 0 }, caller);
      let taken: Result<number> | undefined;
      if (later === undefined) taken = operations.write(this.handle, rest, { offset: 0 }, caller);
      else
        later.start((result) => {
          taken = result;
        });
      if (taken === undefined) return 'waits';
      if (failed(taken)) return taken.code;
      rest = rest.subarray(taken);
    }
    return 'ok';
  }

  close(): void {
    this.handle.release?.();
  }
}

export class AuditTree {
  readonly toys: ToyStack = bootToys([], { profile: 'talk' });

  constructor() {
    const { stack, facts } = this.toys;
    facts.add(10);
    stack.tasks.enter(taskId(10));
  }

  /** One whose audit is on. */
  static enabled(): AuditTree {
    const tree = new AuditTree();
    tree.write('status', 'enabled 1');
    return tree;
  }

  /** A process of a container with this number, whose audit's owner is {@link ROOT}. */
  inside(tid: number, id: bigint, identity: Partial<Caller> = {}): Caller {
    const { stack, facts } = this.toys;
    facts.add(tid, tid, { parent: ROOT.tgid });
    const caller = callerOf(tid, tid, identity);
    const owner = stack.taskOf(ROOT);
    const task = stack.tasks.fork(owner, taskId(tid));
    const { loginuid, sessionid } = stack.audit.stateOf(owner);
    const ids = {
      pid: ROOT.tgid,
      ppid: 1,
      uids: [0, 0, 0, 0],
      gids: [0, 0, 0, 0],
      tty: '(none)',
      comm: 'sh',
      title: '',
    };
    const writer = { task: owner, subject: { ...ids, loginuid, sessionid }, control: true, initialUserNamespace: true };
    const refused = stack.audit.containers.set(task, id, writer);
    if (refused !== undefined) throw new Error(refused.code);
    return caller;
  }

  ends(caller: Caller): void {
    this.toys.stack.tasks.exit(tidOf(caller.tid));
  }

  /** Below `audit`. */
  node(path: string, caller: Caller = ROOT): Node | string {
    let node: Node = this.toys.stack.securityfs.root;
    for (const name of ['audit', ...path.split('/').filter((part) => part !== '')]) {
      const next = operations.lookup(node, name, caller);
      if (failed(next)) return next.code;
      node = next;
    }
    return node;
  }

  /** The open file, or the code of the errno. */
  open(path: string, caller: Caller = ROOT, flags = O_RDWR): OpenNode | string {
    const node = this.node(path, caller);
    if (typeof node === 'string') return node;
    const handle = operations.open(node, flags, caller);
    return failed(handle) ? handle.code : new OpenNode(handle, caller);
  }

  /** The same of one that can be opened. */
  opened(path: string, caller: Caller = ROOT, flags = O_RDWR): OpenNode {
    const file = this.open(path, caller, flags);
    if (typeof file === 'string') throw new Error(`${path}: ${file}`);
    return file;
  }

  /** All of one that does not wait. */
  text(path: string, caller: Caller = ROOT): string {
    const file = this.opened(path, caller, O_RDONLY);
    let text = '';
    for (let more = file.read(); more !== ''; more = file.read(undefined, text.length)) text += String(more);
    return text;
  }

  /** The records of a node, `TYPE TEXT`, without stamps. */
  bodies(path: string, caller: Caller = ROOT): string[] {
    return this.text(path, caller)
      .split('\n')
      .flatMap((line) => /^type=(\S+) msg=\S+ (.*)$/.exec(line)?.slice(1).join(' ') ?? []);
  }

  write(path: string, text: string, caller: Caller = ROOT): string {
    const file = this.open(path, caller, O_WRONLY);
    return typeof file === 'string' ? file : file.write(text);
  }

  names(path: string, caller: Caller = ROOT): string[] | string {
    const node = this.node(path, caller);
    if (typeof node === 'string') return node;
    const entries = operations.readEntries(node, caller);
    return failed(entries) ? entries.code : entries.map(({ name }) => name);
  }
}
