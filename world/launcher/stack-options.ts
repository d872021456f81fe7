/**
 * Which of a command's options describe the stack, with paths that mean the same to the daemon.
 */
import path from 'node:path';
import type { StackOptions } from '../options.ts';

/** The options that are sent to the daemon. */
export function bootOptions(options: StackOptions): StackOptions {
  const {
    lsm,
    security,
    profile,
    enforcing,
    policy,
    profiles,
    context,
    fileContexts,
    parameters,
    allowUnimplemented,
    build,
  } = options;
  const { auditCalls, mediation, keys, encryptedKeys, tpm } = options;
  return {
    profile,
    enforcing,
    ...(lsm === undefined ? {} : { lsm }),
    ...(security === undefined ? {} : { security }),
    ...(policy === undefined ? {} : { policy }),
    ...(profiles === undefined ? {} : { profiles: profiles.map((file) => path.resolve(file)) }),
    ...(context === undefined ? {} : { context }),
    ...(fileContexts === undefined
      ? {}
      : { fileContexts: fileContexts === 'none' ? 'none' : path.resolve(fileContexts) }),
    ...(mediation === undefined ? {} : { mediation }),
    ...(auditCalls === undefined ? {} : { auditCalls }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(keys === undefined ? {} : { keys: mapped(keys, (files) => files.map((file) => path.resolve(file))) }),
    ...(encryptedKeys && { encryptedKeys: mapped(encryptedKeys, (file) => path.resolve(file)) }),
    ...(tpm && {
      tpm: { ...tpm, ...(tpm.registers && { registers: mapped(tpm.registers, (file) => path.resolve(file)) }) },
    }),
    ...(allowUnimplemented === undefined ? {} : { allowUnimplemented }),
    ...(build === undefined ? {} : { build }),
  };
}

function mapped<T>(table: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [name, change(value)]));
}
