/**
 * Answers that are longer than a message: files in the world's directory, which the asking command removes.
 */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { tidOf } from '../../linux/ids.ts';
import { inspectStack } from '../../lsm/framework/inspection/inspect-stack.ts';
import type { WhyRequest } from '../../lsm/framework/inspection/why.ts';
import { labelsOf } from '../../lsm/framework/labels/label-carrier.ts';
import type { BootedModule } from '../../lsm/framework/module.ts';
import { didYouMean } from '../../lsm/framework/nearest.ts';
import { idOutside, OVERFLOW_ID, type UserNamespace } from '../../vfs/tree/caller.ts';
import { WorldError } from '../errors.ts';
import type {
  ExplainReply,
  ExplainRequest,
  LabelsReply,
  LabelsRequest,
  MeasurementsReply,
  MeasurementsRequest,
  TreeReply,
  TreeRequest,
} from '../protocol/messages.ts';
import type { WorldDirectory } from '../registry/directory.ts';
import type { WorldTree } from '../tree.ts';
import { noteUserNamespaces } from './facts/user-namespaces.ts';
import type { DaemonWorld } from './world.ts';

type ReportRequest = ExplainRequest | MeasurementsRequest | TreeRequest | LabelsRequest;

/** A world and where its files are. */
export interface Reported {
  readonly world: DaemonWorld;
  readonly directory: WorldDirectory;
}

/** A question of somebody in this user namespace, with ids as they are outside. */
function asOutside(request: WhyRequest, { uids, gids }: UserNamespace): WhyRequest {
  const { file } = request;
  if (file === undefined) return request;
  const uid = (id: number): number => idOutside(uids, id) ?? OVERFLOW_ID;
  const gid = (id: number): number => idOutside(gids, id) ?? OVERFLOW_ID;
  const { user } = file;
  const outside = { uid: uid(user.uid), euid: uid(user.euid), gid: gid(user.gid), egid: gid(user.egid) };
  return { ...request, file: { ...file, uid: uid(file.uid), gid: gid(file.gid), user: outside } };
}

export class Reports {
  #count = 0;

  answer(reported: Reported, request: ReportRequest): ExplainReply | MeasurementsReply | TreeReply | LabelsReply {
    switch (request.kind) {
      case 'explain':
        return this.explanation(reported, request);
      case 'measurements':
        return this.measurements(reported, request);
      case 'tree':
        return this.tree(reported);
      case 'labels':
        return labels(reported, request);
    }
  }

  /** @throws WorldError when the world does not have the module, or no such process. */
  explanation({ world, directory }: Reported, { module, request, process, asker }: ExplainRequest): ExplainReply {
    const explain = world.stack.explanations.get(module);
    if (explain === undefined) {
      throw new WorldError(
        'no-policy',
        `The module ${module} does not run in that world.`,
        `${others(world.stack.explanations)}Start a world with it: lsmfs run --lsm=${module} -- CMD`,
      );
    }
    const task = process && world.members.task(process);
    if (task !== undefined) noteUserNamespaces(world.stack, world.facts);
    const where = asker && world.facts.userNamespace(world.members.task(asker).tid);
    const answer = explain(where === undefined ? request : asOutside(request, where), task);
    return { kind: 'explain', file: this.#write(directory, 'explanation', JSON.stringify(answer)) };
  }

  /** @throws WorldError when no module keeps a list, or there is no such namespace, or it has none yet. */
  measurements({ world, directory }: Reported, { namespace }: MeasurementsRequest): MeasurementsReply {
    const keeper = world.stack.modules.find(({ module }) => module.measurementList !== undefined);
    const list = keeper?.module.measurementList?.(namespace);
    if (keeper !== undefined && list === undefined && namespace !== undefined) throw noList(keeper, namespace);
    if (keeper === undefined || list === undefined) {
      throw new WorldError(
        'bad-option',
        'That world keeps no measurement list: the kernel that it emulates lacks the module for it.',
        'Choose another one with `lsmfs run --build`.',
      );
    }
    return {
      kind: 'measurements',
      module: keeper.definition.name,
      file: this.#write(directory, 'measurements', list),
      // Those of namespaces are not attested.
      ...(world.stack.tpm !== undefined && namespace === undefined && { registers: world.stack.tpm.values() }),
    };
  }

  tree({ world, directory }: Reported): TreeReply {
    return { kind: 'tree', file: this.#write(directory, 'tree', JSON.stringify(inspectWorld(world, directory.name))) };
  }
  #write(directory: WorldDirectory, what: string, content: Uint8Array | string): string {
    const file = path.join(directory.path, `${what}.${++this.#count}`);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }
}

/** What `lsmfs why` can ask that world about. */
function others(explanations: ReadonlyMap<string, unknown>): string {
  const options = [...explanations.keys()].map((name) => `--lsm=${name}`);
  return options.length === 0 ? '' : `It can be asked with ${options.join(' or ')}. `;
}

function labels({ world: { members, stack } }: Reported, { thread }: LabelsRequest): LabelsReply {
  const tid = tidOf(thread);
  members.refreshTask(tid);
  const task = members.tracker.has(tid) ? stack.tasks.find(tid) : undefined;
  return { kind: 'labels', ...(task && { labels: labelsOf(stack.modules, task) }) };
}

function noList({ definition, module }: BootedModule, namespace: string): WorldError {
  const names = (module.inspect?.([])?.namespaces ?? []).map(({ name }) => name);
  if (names.includes(namespace)) {
    return new WorldError(
      'bad-option',
      `The namespace ${namespace} keeps no measurement list yet: it is not active.`,
      `Activate it from within: echo 1 > /sys/kernel/security/${definition.name}/active`,
    );
  }
  return new WorldError(
    'bad-option',
    `That world has no ${definition.name} namespace '${namespace}'.`,
    names.length === 0
      ? 'A user namespace has one once it has mounted securityfs.'
      : `${didYouMean(namespace, names)}lsmfs tree shows them: ${names.join(', ')}.`,
  );
}

/** What `lsmfs tree` shows. */
function inspectWorld({ stack, members, facts, modeRefusals, supervision }: DaemonWorld, name: string): WorldTree {
  members.refresh();
  const { tasks, ...state } = inspectStack(stack, ({ tid }) => members.tracker.has(tidOf(tid)));
  const { mediation, unseenCalls } = supervision;
  return {
    name,
    ...(mediation && { mediation: { ...mediation, unseenCalls } }),
    profile: stack.config.profile,
    ...(modeRefusals.last && { refusedByMode: modeRefusals.last }),
    ...state,
    tasks: tasks.map((task) => ({ ...task, comm: facts.status(task.tid)?.comm ?? '' })),
  };
}
