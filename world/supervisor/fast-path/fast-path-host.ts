/** What the fast path asks of the rest of the supervisor. */
import type { Tgid, Tid } from '../../../linux/ids.ts';
import type { MayBeOurs } from '../caller/proc-path.ts';
import type { TaskStamps } from '../caller/task-stamps.ts';
import type { Notification } from '../notification.ts';
import type { Epoch } from '../protocol/epoch.ts';
import type { NamedPlace } from '../protocol/removed-places.ts';
import type { AttributesHost } from './attributes.ts';
import type { CallersHost } from './callers.ts';
import type { NewFilesHost } from './new-files.ts';
import type { ObjectsHost } from './objects.ts';

export interface FastPrograms {
  /** Are programs told apart by their files, and by credentials of who runs them, alone? */
  readonly areAlike: boolean;
  /** The thread may run another program from now on. @returns its stamp in that (TaskStamps). */
  executes(tid: Tid, tgid: Tgid): number;
  /** @returns `false`: the main thread must be asked. */
  announce(tgid: Tgid, program: number): boolean;
}

export interface FastPathHost extends AttributesHost, CallersHost, ObjectsHost, NewFilesHost {
  readonly tasks: Pick<TaskStamps, 'assumed' | 'entry' | 'found' | 'isSame' | 'of'>;
  readonly epoch: Pick<Epoch, 'mayLeadElsewhere' | 'names' | 'now'>;
  readonly call: Pick<Notification, 'high' | 'int' | 'isNull' | 'low' | 'number' | 'tid'>;
  /** Programs that modules decided about before run without a question to them. */
  readonly programs: FastPrograms;
  /** Have the handlers nothing to complete, or to look at, before this call? */
  isIdle(tid: Tid, number: number): boolean;
  readonly mayBeOurs: MayBeOurs;
  /** Does this command of ioctl(2) ask for more than the permission to give it? */
  asksMore(command: number): boolean;
  /** Does no thread change at the moment where paths lead? */
  readonly isSteady: boolean;
  /** The thread is about to remove the directory there. */
  removes(tid: Tid, place: NamedPlace): void;
  /** Path of a descriptor of ours, as files are labelled by it. */
  pathOf(fd: number): string;
  /** Can something be decided? */
  readonly decides: boolean;
  /** Are labels stored with new files? */
  readonly labels: boolean;
}
