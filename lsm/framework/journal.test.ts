import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textOf } from '../../linux/bytes.ts';
import { E, failed } from '../../linux/errno.ts';
import { type Tid, taskId, tgidOf, tidOf } from '../../linux/ids.ts';
import { PseudoFile, readWhole } from '../../vfs/pseudo/index.ts';
import { eventToJson } from '../../vfs/recorder/events.ts';
import { KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { Directory } from '../../vfs/tree/node.ts';
import { MountTable } from '../../vfs/user/mounts.ts';
import { Session } from '../../vfs/user/session.ts';
import { type LogEntry, recordStack, replayLog } from './journal.ts';
import { readLogEntry } from './journal-entry.ts';
import type { ModuleDefinition } from './module.ts';
import type { Stack } from './stack.ts';
import { bootToys, callerOf, toy } from './testing/toy.ts';

/** A number from 0 to 3 that can only be raised, as a node of securityfs and another one as a sysctl. */
function raised(): PseudoFile {
  let level = 0;
  return new PseudoFile({ ino: 7, mode: 0o644 }, () => ({
    writeMovesPosition: false,
    read: readWhole(() => `level ${level}\n`),
    write: (data) => {
      const wanted = Number(textOf(data));
      if (!(wanted <= 3)) return E.EINVAL;
      if (wanted < level) return E.EPERM;
      level = wanted;
      return data.length;
    },
  }));
}

const levels: ModuleDefinition = {
  ...toy('levels', 903),
  create: () => ({
    hooks: {},
    securityfs: [{ name: 'level', node: raised() }],
    sysctls: new Map([['kernel/toy/level', raised()]]),
  }),
};
const boot = () => bootToys([toy('one', 901), toy('two', 902), levels]);

/** Everything that can be read in a tree, as text. */
function dump(filesystem: Filesystem): string[] {
  const lines: string[] = [];
  const visit = (directory: Directory, path: string): void => {
    const entries = directory.entries(KERNEL_CALLER);
    for (const { name, node } of failed(entries) ? [] : entries) {
      const { mode, nlink } = node.attributes(KERNEL_CALLER);
      const where = `${path}/${name} ${mode.toString(8)} ${nlink}`;
      if (node.kind === 'directory') {
        lines.push(where);
        visit(node, `${path}/${name}`);
      } else if (node.kind === 'file') {
        const handle = node.open(0, KERNEL_CALLER);
        const data = failed(handle) ? handle : handle.read?.(4096, { offset: 0 }, KERNEL_CALLER);
        lines.push(`${where} ${data instanceof Uint8Array ? Buffer.from(data).toString('latin1') : String(data)}`);
      }
    }
  };
  visit(filesystem.root, '');
  return lines;
}

/** What of a stack can be seen, with the task table as the only source of facts. */
function visible(stack: Stack): string[] {
  let lines: string[] = [];
  stack.whileReplaying(() => {
    lines = [stack.attrTree, stack.securityfs, stack.sysctlTree].flatMap(dump);
  });
  return lines;
}

const FIRST = tidOf(10);
const tid = fc.integer({ min: 10, max: 15 }).map(tidOf);
const text = fc.constantFrom('a', 'b', 'refuse', '0', '1\n', '1', '2', '3', '');
const path = fc.constantFrom('attr/current', 'attr/exec', 'attr/two/current', 'attr/two/exec', 'attr/prev');
const step = fc.oneof(
  fc.record({ kind: fc.constant('fork' as const), tid, child: tid, thread: fc.boolean(), sharesMm: fc.boolean() }),
  fc.record({ kind: fc.constant('exec' as const), tid }),
  fc.record({ kind: fc.constant('exit' as const), tid }),
  fc.record({ kind: fc.constant('attr' as const), tid, writer: tid, path, text }),
  fc.record({ kind: fc.constant('call' as const), tid, text }),
  fc.record({
    kind: fc.constant('node' as const),
    path: fc.constantFrom('/sec/level', '/sys/kernel/toy/level'),
    text,
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function play(steps: readonly Step[]): { stack: Stack; log: LogEntry[] } {
  const { stack, facts } = boot();
  const log: LogEntry[] = [];
  const recorded = recordStack(stack, (entry) => log.push(readLogEntry(eventToJson(entry))));
  const mounts = new MountTable();
  const securityfs = recorded.mount('securityfs', KERNEL_CALLER);
  if (!failed(securityfs)) mounts.mount('/sec', securityfs);
  mounts.mount('/proc', recorded.attrTree);
  mounts.mount('/sys', recorded.sysctlTree);
  const session = new Session(mounts);
  const write = (name: string, content: string, opener: Tid, writer: Tid): void => {
    const caller = (who: Tid) => callerOf(who, facts.thread(who)?.tgid);
    const fd = session.open(name, 2, 0, caller(opener));
    if (failed(fd)) return;
    session.write(fd, Buffer.from(content), undefined, caller(writer));
    session.close(fd);
  };
  facts.add(FIRST);
  for (const one of steps) {
    const actor = facts.thread(one.kind === 'attr' ? one.writer : one.kind === 'node' ? FIRST : one.tid);
    if (actor === undefined) continue;
    if (one.kind === 'node') write(one.path, one.text, FIRST, FIRST);
    else if (one.kind === 'attr') write(`/proc/${one.tid}/${one.path}`, one.text, one.writer, one.writer);
    else if (one.kind === 'call') {
      const ctx = Buffer.alloc(32 + one.text.length);
      ctx.writeBigUInt64LE(901n, 0);
      ctx.writeBigUInt64LE(BigInt(ctx.length), 16);
      ctx.writeBigUInt64LE(BigInt(one.text.length), 24);
      ctx.write(one.text, 32);
      stack.syscalls.setSelfAttr({ attr: 101, ctx, size: ctx.length, flags: 0 }, callerOf(one.tid, actor.tgid));
    } else if (one.kind === 'exec') {
      const leader = actor.tgid;
      for (const other of facts.threads(leader)) facts.table.delete(other);
      facts.add(leader);
      stack.apply({ kind: 'exec', tid: leader, ...(leader === one.tid ? {} : { formerTid: one.tid }) });
    } else if (one.kind === 'exit') {
      stack.apply({ kind: 'exit', tid: one.tid });
      facts.table.delete(one.tid);
    } else if (facts.thread(one.child) === undefined) {
      const tgid = one.thread ? actor.tgid : one.child;
      facts.add(one.child, tgid);
      stack.apply({ kind: 'fork', parent: one.tid, child: taskId(one.child, tgid), sharesMm: one.sharesMm });
    }
  }
  return { stack, log };
}

describe('a replayed log', () => {
  it('gives the same visible trees, without the outside', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { stack, log } = play(steps);
        const { stack: fresh } = boot();
        replayLog(fresh, log);
        expect(visible(fresh)).toEqual(visible(stack));
      }),
    );
  });

  it('brings back labels of tasks, inherited and changed, and levels', () => {
    const { log } = play([
      { kind: 'attr', tid: FIRST, writer: FIRST, path: 'attr/exec', text: 'b' },
      { kind: 'fork', tid: FIRST, child: tidOf(11), thread: false, sharesMm: false },
      { kind: 'exec', tid: tidOf(11) },
      { kind: 'node', path: '/sec/level', text: '1\n' },
      { kind: 'exit', tid: tidOf(10) },
    ]);
    const { stack, facts } = boot();
    replayLog(stack, log);
    const lines = visible(stack);
    expect(lines).toContain('/11/attr/current 100666 1 b\n');
    expect(lines).toContain('/11/attr/prev 100444 1 one\n');
    expect(lines).toContain('/level 100644 1 level 1\n');
    expect(facts.table.size).toBe(0);
  });

  it('tells listeners nothing while it is replayed', () => {
    const { log } = play([{ kind: 'exec', tid: tgidOf(10) }]);
    const { stack } = boot();
    const heard: unknown[] = [];
    stack.observe((event) => heard.push(event));
    replayLog(stack, log);
    expect(log.length).toBeGreaterThan(0);
    expect(heard).toEqual([]);
  });
});
