/**
 * Checmate: programs of BPF for control groups, called by hooks of system calls. Of what was proposed nothing but the
 * name and the purpose was found, so the interface is this project's: the least by which the name can be seen and
 * tried. Programs are attached by bpf(2), which stays with the running kernel: the list is empty.
 */
import { StaticDirectory, TextFile } from '../../vfs/pseudo/index.ts';
import type { ModuleDefinition } from '../framework/module.ts';

export const checmate: ModuleDefinition = {
  name: 'checmate',
  id: 1004,
  order: 'mutable',
  legacyMajor: false,
  exclusive: false,
  proposed: true,
  supposed: true,
  create: ({ securityfsNumbers: numbers, config: { bootTime: time = 0n } }) => {
    const entries = [{ name: 'hooks', node: new TextFile({ ino: numbers.next(), mode: 0o400, time }, () => '') }];
    const directory = new StaticDirectory({ ino: numbers.next(), mode: 0o755, time, entries });
    return { hooks: {}, securityfs: [{ name: 'checmate', node: directory }] };
  },
};
