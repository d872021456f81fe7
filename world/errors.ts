/**
 * Errors of making, joining and ending worlds. Each has a code that programs can test, a message of one sentence, and a
 * `fix`: what the user can do. cli/ prints `message` and `fix` and exits with 125.
 */
export type WorldErrorCode =
  /** The machine lacks something: /dev/fuse, an architecture, a kernel interface. */
  | 'unsupported-host'
  | 'no-privileges'
  | 'no-fuse'
  | 'native-library'
  /** `lsmfs run` inside a world, or under another seccomp supervisor. */
  | 'nested'
  | 'name-in-use'
  | 'bad-name'
  | 'unknown-world'
  | 'unknown-process'
  | 'daemon-failed'
  | 'daemon-lost'
  | 'bad-option'
  | 'unreadable-policy'
  | 'bad-policy'
  | 'bad-profiles'
  | 'bad-key'
  | 'no-policy'
  | 'bad-question'
  | 'no-refusal'
  | 'mount-failed'
  | 'state-directory'
  | 'not-a-directory';

export class WorldError extends Error {
  readonly code: WorldErrorCode;
  readonly fix: string | undefined;
  readonly data: Readonly<Record<string, string | number>>;

  constructor(
    code: WorldErrorCode,
    message: string,
    fix?: string,
    data: Readonly<Record<string, string | number>> = {},
  ) {
    super(message);
    this.name = 'WorldError';
    this.code = code;
    this.fix = fix;
    this.data = data;
  }
}
