/**
 * Files that a running daemon writes to the directory of its world: the record, with the device numbers of the world's
 * superblocks, and the list of members. Other commands use them to clean up and to kill after the daemon was killed.
 */

import type { Tgid } from '../../linux/ids.ts';
import type { BootRequest } from '../protocol/messages.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import { type Member, ticksNow, writeMembers } from '../registry/members.ts';
import { ownProcess, trackProcess } from '../registry/process-id.ts';
import type { WorldRecord } from '../registry/record.ts';

/** Of the world. */
export interface BookkeepingSource {
  /** Names of the active modules. */
  readonly modules: readonly string[];
  /** Of the superblocks that the daemon serves, `major:minor`. */
  devices(): readonly string[];
  processes(): readonly Tgid[];
  trouble(text: string): void;
}

export class Bookkeeping {
  readonly #directory: WorldDirectory;
  #request: BootRequest;
  readonly #source: BookkeepingSource;
  readonly #started = Math.floor(Date.now() / 1000);
  /** Devices of mounts that the launcher made for the world. */
  #furniture: readonly string[] = [];
  #written = '';
  readonly #members = new Map<Tgid, Member>();
  #membersWritten = '';

  /** Takes the world over from its launcher. */
  constructor(directory: WorldDirectory, request: BootRequest, source: BookkeepingSource) {
    this.#directory = directory;
    this.#request = request;
    this.#source = source;
    directory.hold();
    directory.write(this.record);
  }

  get record(): WorldRecord {
    const { name, id, stack, seccomp, command, madeDirectories } = this.#request;
    return {
      name,
      id,
      owner: ownProcess(),
      state: this.#request.standby === undefined ? 'running' : 'standby',
      started: this.#started,
      lsm: this.#source.modules.join(','),
      profile: stack.profile,
      seccomp,
      command,
      madeDirectories,
      devices: [...new Set([...this.#source.devices(), ...this.#furniture])],
    };
  }

  /** A world on standby has got a command. */
  taken(request: BootRequest): void {
    this.#request = request;
    this.#directory.write(this.record);
  }

  furnished(devices: readonly string[]): void {
    if (devices.length > 0) this.#furniture = devices;
  }

  /** Adds a process that joined; it and its children existed before. */
  entered(pid: Tgid): void {
    const process = trackProcess(pid);
    if (process !== undefined) this.#members.set(pid, { ...process, since: ticksNow() });
  }

  /** Removes a process: its id may be reused. */
  exited(pid: Tgid): void {
    this.#members.delete(pid);
  }

  /** Writes changes. Errors (a full disk) are ignored: the files are then out of date. */
  update(): void {
    try {
      this.#updateRecord();
      this.#updateMembers();
    } catch (error) {
      this.#source.trouble(`state directory: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #updateRecord(): void {
    const devices = [...this.#source.devices(), ...this.#furniture].join();
    if (devices === this.#written) return;
    this.#written = devices;
    this.#directory.write(this.record);
  }

  #updateMembers(): void {
    const pids = this.#source.processes();
    const numbers = pids.join();
    if (numbers === this.#membersWritten) return;
    this.#membersWritten = numbers;
    const present = new Set(pids);
    for (const pid of this.#members.keys()) if (!present.has(pid)) this.#members.delete(pid);
    for (const pid of pids) {
      const process = this.#members.has(pid) ? undefined : trackProcess(pid);
      if (process !== undefined) this.#members.set(pid, { ...process, since: process.startTime || ticksNow() });
      else if (!this.#members.has(pid)) this.#membersWritten = ''; // it is held: again
    }
    writeMembers(this.#directory, [...this.#members.values()]);
  }
}
