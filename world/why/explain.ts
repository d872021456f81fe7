/** Asks a module to explain a decision: by the policy of a running world, or by a file. */
import type { WhyProblem, WhyRequest, WhyTold } from '../../lsm/framework/inspection/why.ts';
import { knownModule } from '../../lsm/known-modules.ts';
import { MODULES } from '../../lsm/modules.ts';
import { WorldError } from '../errors.ts';
import { WORLD_VARIABLE } from '../launcher/nested.ts';
import { readPolicy } from '../policy-file.ts';
import { chooseWorld } from '../registry/choose.ts';
import { numbered } from '../registry/pid-namespace.ts';
import { connectToWorld, takeAnswer } from '../registry/worlds.ts';

const PATIENCE_MS = 5000;

/** @throws WorldError */
export function explainByFile(module: string, file: string, request: WhyRequest): WhyTold {
  const definition = MODULES.find(({ name }) => name === module);
  if (definition?.explainFile === undefined) {
    throw new WorldError('bad-option', `${module} has no policy files.`, 'Load the policy into a world and ask that.');
  }
  return answered(definition.explainFile(readPolicy(file), file, request));
}

/**
 * @param name absent: the world that we are in, or the only one.
 * @param given process whose policy is asked; absent: our own, from inside that world, else the initial namespace's.
 * @throws WorldError
 */
export function explainByWorld(module: string, name: string | undefined, request: WhyRequest, given?: number): WhyTold {
  const { perTask: byTask, perNamespace } = knownModule(module).explains ?? {};
  const { namespace, file } = request;
  if (namespace !== undefined && perNamespace !== true) {
    throw new WorldError('bad-option', `Namespaces of ${module} cannot be named.`, 'Leave --namespace away.');
  }
  if (given !== undefined && byTask !== true) {
    throw new WorldError('bad-option', `All processes have the same policy of ${module}.`, 'Leave --pid away.');
  }
  const hasFiles = MODULES.find(({ name: known }) => known === module)?.explainFile !== undefined;
  const fix = 'Name one with --world, or a policy with --policy=FILE.';
  const world = chooseWorld(name, hasFiles ? { fix } : {});
  const inside = world === process.env[WORLD_VARIABLE];
  const own = byTask === true && namespace === undefined && inside ? process.pid : undefined;
  const pid = given ?? own;
  const channel = connectToWorld(world, PATIENCE_MS);
  try {
    channel.send({
      ...{ kind: 'explain', module, request },
      ...(pid !== undefined && { process: numbered(pid) }),
      ...(inside && file !== undefined && { asker: numbered(process.pid) }),
    });
    const answer = takeAnswer(world, channel.receive('explain'));
    return answered(JSON.parse(answer.toString()) as WhyTold | WhyProblem);
  } finally {
    channel.close();
  }
}

function answered(answer: WhyTold | WhyProblem): WhyTold {
  if ('problem' in answer) throw new WorldError(answer.code ?? 'bad-question', answer.problem, answer.fix);
  return answer;
}
