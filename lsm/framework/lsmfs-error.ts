/**
 * Errors that a program can tell apart: by `code`, with the facts of the case in `data`.
 * @public
 */
export abstract class LsmfsError<Code extends string = string, Data = unknown> extends Error {
  abstract readonly code: Code;
  abstract readonly data: Data;
}
