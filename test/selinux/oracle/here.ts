/** What this program answers. */

import { E, type Errno, failed, type Result } from '../../../linux/errno.ts';
import {
  computeAv,
  computeContext,
  computeXperms,
  contextIsValid,
  formatContext,
  fsUse,
  genfsContext,
  infinibandKeyContext,
  infinibandPortContext,
  initialSidContext,
  netifContext,
  nodeContext,
  type PolicyState,
  parseContext,
  portContext,
  reachableContexts,
  SID,
  validateTransition,
} from '../../../lsm/selinux/decide/index.ts';
import type { Context, Sid } from '../../../lsm/selinux/policy/index.ts';
import type { Answer, CreateQuestion, ObjectQuestion, PairQuestion, Question, XpermsQuestion } from './question.ts';

const OPERATION = { create: 'transition', member: 'member', relabel: 'change' } as const;

/** Initial SIDs of what has no label of its own. */

/** @param invalid what a computed context is that the policy forbids: permissive kernels give it, others refuse. */
export function answerHere(state: PolicyState, question: Question, invalid: 'given' | 'refused'): Answer {
  const { db } = state;
  const parsed = (text: string) => parseContext(db, text);
  switch (question.kind) {
    case 'context':
      return contextAnswer(state, parsed(question.text));
    case 'user': {
      const from = parsed(question.source);
      const contexts = failed(from) ? from : reachableContexts(state, from, question.user);
      if (failed(contexts)) return contexts.code;
      return [contexts.length, ...contexts.map((context) => formatContext(db, context))].join(' ');
    }
    case 'validatetrans': {
      const [older, newer, task] = [parsed(question.old), parsed(question.new), parsed(question.task)];
      const error = [older, newer, task].find((context): context is Errno => failed(context));
      if (error !== undefined) return error.code;
      const valid = validateTransition(state, older as Context, newer as Context, task as Context, question.class);
      return failed(valid) ? valid.code : valid ? 'ok' : 'denied';
    }
    case 'access':
    case 'member':
    case 'relabel':
    case 'create':
    case 'xperms': {
      const [source, target] = [parsed(question.source), parsed(question.target)];
      if (failed(source)) return source.code;
      return failed(target) ? target.code : pairAnswer(state, question, source, target, invalid);
    }
    default:
      return objectAnswer(state, question);
  }
}

function contextAnswer({ db }: PolicyState, context: Result<Context>): Answer {
  return failed(context) ? context.code : formatContext(db, context);
}

function pairAnswer(
  state: PolicyState,
  question: PairQuestion | CreateQuestion | XpermsQuestion,
  source: Context,
  target: Context,
  invalid: 'given' | 'refused',
): Answer {
  if (question.kind === 'access') {
    const av = computeAv(state, source, target, question.class);
    return [av.allowed, av.auditallow, av.auditdeny, av.flags].map((word) => word.toString(16)).join(' ');
  }
  if (question.kind === 'xperms') {
    const decision = computeXperms(state, source, target, question.class, question.driver, question.base);
    if (decision === undefined) return 'none';
    const words = (set: Uint32Array) => [...set].map((word) => word.toString(16).padStart(8, '0')).join('');
    return [decision.allowed, decision.auditallow, decision.dontaudit].map(words).join(' ');
  }
  const name = question.kind === 'create' ? question.name : undefined;
  const context = computeContext(state, OPERATION[question.kind], source, target, question.class, name);
  if (!failed(context) && invalid === 'refused' && !contextIsValid(state.db, context)) return 'refused';
  return contextAnswer(state, context);
}

function objectAnswer(state: PolicyState, question: ObjectQuestion): Answer {
  const { db } = state;
  const label = (context: Context | undefined, fallback: Sid = SID.unlabeled) => {
    const found = context ?? initialSidContext(db, fallback) ?? initialSidContext(db, SID.unlabeled);
    return found === undefined ? 'ENOENT' : formatContext(db, found);
  };
  switch (question.kind) {
    case 'genfs':
      return contextAnswer(state, genfsContext(db, question.type, question.path, question.class) ?? E.ENOENT);
    case 'fsuse': {
      const { behaviour, context } = fsUse(db, question.type);
      return `${behaviour} ${label(context)}`;
    }
    case 'port':
      return label(portContext(db, question.protocol, question.port), SID.port);
    case 'node':
      return label(nodeContext(db, question.address), SID.node);
    case 'netif':
      return label(netifContext(db, question.name), SID.netif);
    case 'pkey':
      return label(infinibandKeyContext(db, question.subnetPrefix, question.key));
    case 'endport':
      return label(infinibandPortContext(db, question.device, question.port));
    case 'isid':
      return label(initialSidContext(db, question.sid));
  }
}
