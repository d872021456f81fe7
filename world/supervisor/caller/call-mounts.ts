/**
 * Questions about mounts for one supervised call: the mount namespace of its caller, who waits and cannot leave it, is
 * looked up once.
 */
import { MountQuery, type ProcessName } from '../../../host/mounts/mount-query.ts';

export class CallMounts extends MountQuery {
  #asked: { readonly process: ProcessName; readonly namespace: bigint | undefined } | undefined;

  override namespaceOf(process: ProcessName): bigint | undefined {
    // Our own thread visits the namespaces of others during a call.
    if (process === 'thread-self') return super.namespaceOf(process);
    if (this.#asked?.process !== process) this.#asked = { process, namespace: super.namespaceOf(process) };
    return this.#asked.namespace;
  }

  /** To be called when the next call is looked at. */
  forget(): void {
    this.#asked = undefined;
  }
}
