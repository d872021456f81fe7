/** The host's files, as modules read them (lsm/framework/host-side.ts). */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { HostFiles } from '../../lsm/framework/host-side.ts';
import { isProgram } from '../programs.ts';

export const HOST_FILES: HostFiles = {
  read(file) {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  },
  exists: (file) => existsSync(file),
  list(directory) {
    try {
      return readdirSync(directory);
    } catch {
      return [];
    }
  },
  hasProgram: (name) =>
    [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].some((directory) =>
      isProgram(path.join(directory, name)),
    ),
};
