/**
 * What a module has to do with the host that a world runs on: what its programs look for besides mounted files, and
 * what it forbids us where the host itself runs it. Facts and pure functions; world/ looks at the host, covers its
 * files and tells the user.
 */

/** The host's files and programs, as whoever asks is given them. */
export interface HostFiles {
  /** The content; `undefined` when it cannot be read. */
  read(file: string): string | undefined;
  exists(file: string): boolean;
  /** Names in a directory; none when it cannot be read. */
  list(directory: string): readonly string[];
  /** Is there a program of this name? */
  hasProgram(name: string): boolean;
}

/** One line of `lsmfs doctor`. */
export interface HostCheck {
  readonly id: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; only for warn and fail. */
  readonly fix?: string;
}

/** A file that programs read before they look at anything that is mounted. A world on a host without it is given one. */
export interface ClientConfiguration {
  /** Covered in the world; made on the host where there is none. */
  readonly directory: string;
  /** Full name of the file. */
  readonly file: string;
  content(host: HostFiles): string;
  /** What goes wrong without, a clause. */
  readonly without: string;
}

/**
 * Rules by which the files of a disk without labels are taken to be labelled, and the library that looks paths up in
 * them: selabel_lookup(3).
 */
export interface DefaultLabels {
  /** For dlopen(3). */
  readonly library: string;
  /** For people. */
  readonly libraryName: string;
  /** The file that the host's tools label by. */
  systemRules(host: HostFiles): string | undefined;
}

/** A file below /proc/sys that keeps unprivileged users from making user namespaces. */
export interface ForbiddingSetting {
  readonly file: string;
  /** The value that forbids, and the one to set. */
  readonly forbidding: string;
  readonly wanted: string;
}

export interface HostSide {
  readonly configuration?: ClientConfiguration;
  readonly defaultLabels?: DefaultLabels;
  /** What `lsmfs doctor` says for this module. */
  readonly checks?: (host: HostFiles) => readonly HostCheck[];
  /** What its programs miss in a world without a supervisor, a clause. */
  readonly withoutSupervisor?: string;
  /** Where the host runs the module. */
  readonly forbids?: readonly ForbiddingSetting[];
  /** It has options of prctl(2): what the host has exactly if its kernel has them, too. */
  readonly prctlSign?: string;
  /** Where a container is confined by it: what to start it without, a clause. */
  readonly unconfinedContainer?: string;
}
