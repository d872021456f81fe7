/**
 * What each program has looked up last by a descriptor: many change owner, mode and times of a file one after the other.
 *
 * Model: each such change gives the file another time, so that its attributes were read anew for the next one (known-files.ts). They
 * are the same when the thread's next notified call is about the same descriptor and inode, soon after: changes from within the world
 * move the epoch, and with it the subject. A thread that opens another file makes a call that is notified, and what another one puts
 * in its place has another time of birth where its inode number is given once more. What somebody outside of the world changes counts
 * after {@link SETTLED_MS}, the time after which a change shows in the times of a file on all kernels.
 */
import type { CallerFd } from '../../../linux/ids.ts';
import { type FileStamp, SETTLED_MS } from '../caller/file-stamp.ts';
import type { Subject } from './subjects.ts';

type Caller = Pick<Subject, 'calls'>;

interface Look extends Pick<FileStamp, 'at' | 'born' | 'device' | 'ino' | 'mount'> {
  readonly descriptor: CallerFd;
  /** Subject.calls */
  readonly call: number;
  readonly xattrs: Readonly<Record<string, string>>;
}

export class LastLooks {
  /** Dropped with the subjects, of which each is of one thread in one program. */
  #of = new WeakMap<Caller, Look>();

  /** Was the call before about this descriptor? */
  has(caller: Caller, descriptor: CallerFd): boolean {
    const last = this.#of.get(caller);
    return last !== undefined && last.descriptor === descriptor && caller.calls - last.call <= 1;
  }

  /** Attributes of the file, if it is the same one. @param stamp made in this call, in which {@link has} was true. */
  attributes(caller: Caller, { at, born, device, ino, mount }: FileStamp): Look['xattrs'] | undefined {
    const last = this.#of.get(caller);
    if (born === undefined || last?.born !== born || last.ino !== ino) return undefined;
    if (last.mount !== mount || last.device !== device) return undefined;
    const age = at - last.at;
    if (age < 0 || age > SETTLED_MS) return undefined;
    this.#of.set(caller, { ...last, call: caller.calls });
    return last.xattrs;
  }

  /** @param stamp made before its attributes were read. */
  keep(
    caller: Caller,
    descriptor: CallerFd,
    { at, born, device, ino, mount }: FileStamp,
    xattrs: Look['xattrs'],
  ): void {
    this.#of.set(caller, { descriptor, call: caller.calls, at, born, device, ino, mount, xattrs });
  }

  /** To be called when labels are stored that no epoch counts. */
  forget(): void {
    this.#of = new WeakMap();
  }
}
