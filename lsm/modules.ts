/**
 * Every security module there is, in link order: the only place that names them all.
 *
 * A module with files has a folder of its own. One that only takes part in ordering and lists is here as its facts;
 * `inert` marks those whose whole work is outside the filesystem, so that running them without code is the truth and
 * not a gap.
 */
import { apparmor } from './apparmor/index.ts';
import { bpf } from './bpf/index.ts';
import { caitsith } from './caitsith/index.ts';
import { checmate } from './checmate/index.ts';
import { evm } from './evm/index.ts';
import type { ModuleDefinition } from './framework/module.ts';
import { hardchroot } from './hardchroot/index.ts';
import { ima } from './ima/index.ts';
import { ipe } from './ipe/index.ts';
import { knownModule } from './known-modules.ts';
import { loadpin } from './loadpin/index.ts';
import { lockdown } from './lockdown/index.ts';
import { ptags } from './ptags/index.ts';
import { safename } from './safename/index.ts';
import { safesetid } from './safesetid/index.ts';
import { sara } from './sara/index.ts';
import { selinux } from './selinux/index.ts';
import { shebang } from './shebang/index.ts';
import { simpleflow } from './simpleflow/index.ts';
import { smack } from './smack/index.ts';
import { tomoyo } from './tomoyo/index.ts';
import { whiteegret } from './whiteegret/index.ts';
import { yama } from './yama/index.ts';

function inert(name: string): ModuleDefinition {
  return { ...knownModule(name), create: () => ({ hooks: {} }) };
}

export const MODULES: readonly ModuleDefinition[] = [
  inert('capability'),
  selinux,
  smack,
  tomoyo,
  apparmor,
  yama,
  loadpin,
  safesetid,
  lockdown,
  bpf,
  inert('landlock'),
  ima,
  evm,
  ipe,
  // Proposed ones, of profile `talk`.
  ptags,
  sara,
  caitsith,
  whiteegret,
  hardchroot,
  checmate,
  simpleflow,
  safename,
  shebang,
];
