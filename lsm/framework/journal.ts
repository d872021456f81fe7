/**
 * The log of a stack: everything that changed it, in order, and building the same stack again from that.
 *
 * Two sources feed one log: mutating operations on the stack's filesystems (vfs/recorder) and the stack's own events.
 * Every entry is reported before it takes effect, so a log that survived a crash has at most one entry too many, the
 * one that was being done.
 */

import { failed, type Result } from '../../linux/errno.ts';
import type { VfsEvent } from '../../vfs/recorder/events.ts';
import { Recorder } from '../../vfs/recorder/recorder.ts';
import { Replayer } from '../../vfs/recorder/replay.ts';
import { type Caller, KERNEL_CALLER } from '../../vfs/tree/caller.ts';
import type { Filesystem } from '../../vfs/tree/filesystem.ts';
import type { StackEvent } from './events.ts';
import type { Stack } from './stack.ts';

export type LogEntry =
  | { readonly source: 'stack'; readonly event: StackEvent }
  | { readonly source: 'vfs'; readonly event: VfsEvent };

/** Names of filesystems in the log; any other name is a filesystem type, with `#` and the number of another instance than the first. */
const ATTR = 'attr';
const SYSCTL = 'sysctl';

/** The filesystems of a recorded stack: use these instead of the stack's own. */
export interface RecordedStack {
  readonly attrTree: Filesystem;
  readonly sysctlTree: Filesystem;
  mount(type: string, caller: Caller): Result<Filesystem>;
  /** As those of the stack, with these filesystems. */
  onUnused(listener: (filesystem: Filesystem) => void): () => void;
  released(filesystem: Filesystem): void;
}

export function recordStack(stack: Stack, report: (entry: LogEntry) => void): RecordedStack {
  const recorder = new Recorder((event) => report({ source: 'vfs', event }));
  stack.observe((event) => report({ source: 'stack', event }));
  const wrap = (filesystem: Filesystem) => recorder.wrap(logName(filesystem), filesystem);
  return {
    attrTree: recorder.wrap(ATTR, stack.attrTree),
    sysctlTree: recorder.wrap(SYSCTL, stack.sysctlTree),
    mount: (type, caller) => {
      const filesystem = stack.filesystems.mount(type, caller);
      return failed(filesystem) ? filesystem : wrap(filesystem);
    },
    onUnused: (listener) => stack.filesystems.onUnused((filesystem) => listener(wrap(filesystem))),
    released: (filesystem) => stack.filesystems.released(filesystem),
  };
}

function logName({ type, instance }: Filesystem): string {
  return instance === undefined ? type : `${type}#${instance}`;
}

/** Applies a log to a freshly booted stack with the same configuration. @returns the handles that were open at its end. */
export function replayLog(stack: Stack, log: Iterable<LogEntry>): Replayer {
  const replayer = new Replayer((name) => {
    if (name === ATTR) return stack.attrTree;
    if (name === SYSCTL) return stack.sysctlTree;
    const [type = '', number] = name.split('#');
    if (number !== undefined) return stack.filesystems.instance(type, Number(number));
    const filesystem = stack.filesystems.mount(type, KERNEL_CALLER);
    return failed(filesystem) ? undefined : filesystem;
  });
  stack.whileReplaying(() => {
    for (const entry of log) {
      if (entry.source === 'stack') stack.apply(entry.event);
      else replayer.apply(entry.event);
    }
  });
  return replayer;
}
