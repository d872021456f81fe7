/**
 * A module's facts about the host that a world runs on: files that its programs need besides its filesystem, and
 * restrictions where the host's kernel runs the module. Facts and pure functions; world/ reads and covers the host's
 * files and reports to the user.
 */

/** Access to the host's files and programs. */
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

/** A file that programs read before they look for the filesystem. Provided in worlds on hosts without it. */
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
 * Rules of default labels for files without stored ones, and the library that looks paths up in them: selabel_lookup(3).
 */
export interface DefaultLabels {
  /** For dlopen(3). */
  readonly library: string;
  /** For people. */
  readonly libraryName: string;
  /** The file that the host's tools label by. */
  systemRules(host: HostFiles): string | undefined;
}

/**
 * Directories with a policy each, of which one is the machine's: `policy/policy.N` are images, `contexts/` and single files are what
 * programs read beside them, labels of files, say, and what users log in as. Modules, from which an image is made, are kept elsewhere.
 */
export interface PolicyStores {
  /** Where the machine has them. */
  readonly directory: string;
  /** Has, for each store of this name, `active/modules/PRIORITY/NAME/` with a module. */
  readonly moduleDirectory: string;
  /** Has, for each store of this name, the policy packages that `make install` of its sources leaves there. */
  readonly packageDirectory: string;
  /** Programs that make CIL of a policy package, as distributions place them. */
  readonly packageCompilers: readonly string[];
  /** The file that names the machine's, in `directory`. */
  readonly configuration: string;
  configurationFor(name: string): string;
  /** The store that the machine's configuration chooses, or would by custom. */
  systemStore(host: HostFiles): string | undefined;
  /** Images in a store, the newest first. */
  policies(store: string, host: HostFiles): readonly string[];
  /** Why no kernel of ours loads an image that begins so, a clause; `undefined` = it may. */
  unloadable(start: Uint8Array): string | undefined;
  /** The path below a store that an image has. */
  policyFile(image: Uint8Array): string;
  /** Rules of default labels in a store. */
  labelRules(store: string): string;
  /** Labels that a session of this user may have, the best first. Which of them mean something is the policy's to say. */
  loginLabels(store: string, user: LoginUser, host: HostFiles): readonly string[];
}

/** The program that makes images of profiles in text. */
export interface ProfileCompiler {
  readonly program: string;
  /** Debian's package with it. */
  readonly debian: string;
  /** What the kernel can decide about, as the program reads it of a file. */
  features(): string;
  /** Prints the image of what is in a file or directory. */
  arguments(source: string, featuresFile: string): string[];
  /** Does a file that begins so have an image? */
  isImage(start: Uint8Array): boolean;
}

/** Who logs in. */
export interface LoginUser {
  readonly name: string;
  readonly groups: readonly string[];
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
  readonly policyStores?: PolicyStores;
  readonly profileCompiler?: ProfileCompiler;
  /** The module's lines in `lsmfs doctor`. */
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
