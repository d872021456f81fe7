/** How the processes of a world are supervised: the filter that each takes on, and a thread for each listener at a time. */

import { fileLabelNames } from '../../lsm/framework/declared.ts';
import { MOUNT_POINTS } from '../../lsm/known-modules.ts';
import type { Stack } from '../../lsm/library/index.ts';
import { hostFileLabellers } from '../doctor/file-labellers.ts';
import { decidedFamilies, type Mediation } from '../mediation.ts';
import { MediationCounts } from '../supervisor/access/counts.ts';
import { type Feature, neededFeatures } from '../supervisor/features.ts';
import { notifiedCalls, supervisionFilter } from '../supervisor/filter.ts';
import type { SupervisorBackend } from '../supervisor/protocol/backend.ts';
import type { FastPathMode, SharedFacts, SupervisorSettings } from '../supervisor/settings.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import type { SeenCalls } from './audit/unseen-calls.ts';
import { hostAttrNames } from './facts/host-kernel.ts';
import type { Members } from './members.ts';
import { missingSysctls } from './served/added-sysctls.ts';
import { type AttrFiles, statableAttrNames } from './served/attr-files.ts';
import type { Instances } from './served/instances.ts';
import type { Stage } from './served/stage.ts';

export interface SupervisionInit {
  readonly stack: Stack;
  readonly members: Members;
  readonly instances: Instances;
  readonly attrFiles: AttrFiles;
  /** Has the thread for the first listener. */
  readonly hands: Stage;
  readonly backend: SupervisorBackend;
  readonly shared: SharedFacts;
  /** Device name of the world's mounts. */
  readonly source: string;
  /** As asked for; absent = no mediation of system calls. */
  readonly mediation: Mediation | undefined;
  /** Audit rules see calls that nothing else is supervised for. */
  readonly auditCalls: boolean;
}

export class Supervision {
  readonly #init: SupervisionInit;
  /** Absent where no module has a say. */
  readonly mediation: Mediation | undefined;
  readonly #counts = new MediationCounts();
  readonly #hostAttrNames = hostAttrNames();
  readonly #missingSysctls: readonly string[];
  /** Security attributes of ordinary files that are the host's. */
  readonly hostXattrNames: readonly string[];

  constructor(init: SupervisionInit) {
    this.#init = init;
    this.mediation = init.mediation && decided(init.mediation, init.stack);
    this.#missingSysctls = missingSysctls(init.stack.sysctls.keys());
    this.hostXattrNames = fileLabelNames(init.stack.modules, hostFileLabellers());
  }

  /** Calls that could not be shown to the modules. */
  get unseenCalls(): number {
    return this.#counts.unseenCalls;
  }

  /** seccomp program for a process that joins, and its descendants. @param exitStatus its exit status is to be reported. */
  filter(exitStatus: boolean): Uint8Array {
    const features = this.#features(exitStatus, this.#init.auditCalls);
    this.#init.attrFiles.listed = features.includes('attr-stat') ? undefined : new Set(this.#hostAttrNames);
    return supervisionFilter(features);
  }

  /** Of all processes of the world. */
  get seenCalls(): SeenCalls {
    const now = notifiedCalls(this.#features(false, this.#init.auditCalls));
    return { ...now, onDemand: notifiedCalls(this.#features(false, true)).all };
  }

  #features(exitStatus: boolean, auditCalls: boolean): readonly Feature[] {
    const { stack, members } = this.#init;
    return neededFeatures({
      hostAttrNames: this.#hostAttrNames,
      addedSysctls: this.#missingSysctls.length > 0,
      attrNames: statableAttrNames(stack),
      exactAttr: stack.config.profile === 'mainline',
      processCalls: members.tracker.method === 'notifications',
      exitStatus,
      lsmUnshare: stack.syscalls.hasUnshare,
      compoundLabels: stack.defaultModule.candidates.length > 0,
      tracers: stack.hooks.has('taskPrctl'),
      fileLabels: stack.hooks.has('inodeInitSecurity'),
      fileAttributes: stack.declared.xattrNames.length > 0,
      execChecks: stack.declared.decidesExec,
      fileUses: stack.hooks.has('fileUse'),
      fileMetadata: stack.declared.guardsMetadata,
      audit: stack.audit.status.initialized,
      auditCalls,
      mediated: this.mediation?.families ?? [],
    });
  }

  /** Supervises the processes behind a listener. */
  async supervise(listener: number): Promise<Supervisor> {
    const { members, instances, attrFiles, hands, backend, shared } = this.#init;
    const attrRoot = await instances.root(attrFiles);
    const thread = hands.take();
    const settings = this.#settings();
    const known = members.knowThread.bind(members);
    const free = hands.giveBack.bind(hands);
    return new Supervisor({ thread, listener, backend, attrRoot, shared, settings, known, free });
  }

  #settings(): SupervisorSettings {
    const { stack, members, source } = this.#init;
    return {
      types: new Set(stack.filesystems.types),
      namespacedTypes: new Set(stack.filesystems.namespacedTypes),
      source,
      hasAudit: stack.audit.status.initialized,
      sysDirectories: sysDirectories(stack.filesystems.types),
      mountOptions: stack.declared.mountOptions,
      hostAttrNames: new Set(this.#hostAttrNames),
      missingSysctls: this.#missingSysctls,
      announces: members.tracker.method === 'notifications',
      xattrNames: stack.declared.xattrNames,
      contentXattrs: new Set(stack.declared.contentXattrs),
      guardedXattrs: stack.declared.guardedXattrs,
      labelsFiles: stack.hooks.has('inodeInitSecurity'),
      hostXattrNames: this.hostXattrNames,
      checksExec: stack.declared.decidesExec,
      wantsExecDetails: stack.declared.wantsExecDetails,
      fastPathMode: fastPathMode(process.env.LSMFS_FAST_PATH),
      ...(this.mediation && { mediation: { ...this.mediation, counts: this.#counts.shared } }),
    };
  }
}

function fastPathMode(text: string | undefined): FastPathMode {
  return text === 'off' || text === 'verify' ? text : 'on';
}

/** What of it the modules of the stack have a say in. */
function decided(mediation: Mediation, { hooks }: Stack): Mediation | undefined {
  const families = decidedFamilies(mediation.families, (hook) => hooks.has(hook));
  return families.length === 0 ? undefined : { ...mediation, families };
}

/** Mount points below /sys of these filesystem types, relative to it. */
function sysDirectories(types: readonly string[]): string[] {
  const places = types.flatMap((type) => MOUNT_POINTS[type] ?? []);
  return places.map((place) => place.slice('/sys/'.length));
}
