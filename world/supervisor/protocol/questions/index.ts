/**
 * What a supervisor's thread asks the daemon's main thread: the table of all questions. Each has its type, the type of
 * its answer and the function that answers it in a file of its own.
 */
import { E } from '../../../../linux/errno.ts';
import type { QuestionIn } from '../channel.ts';
import { access } from './access.ts';
import { accessObject } from './access-object.ts';
import { accessSubject } from './access-subject.ts';
import { addKey } from './add-key.ts';
import { askKey } from './ask-key.ts';
import { auditBind } from './audit-bind.ts';
import { auditConnect } from './audit-connect.ts';
import { auditOption } from './audit-option.ts';
import { auditSend } from './audit-send.ts';
import { auditSignal } from './audit-signal.ts';
import { auditSocket } from './audit-socket.ts';
import { auditState } from './audit-state.ts';
import { auditBegin, auditEnd, auditRules } from './audited-call.ts';
import { changeMetadata } from './change-metadata.ts';
import { closeDescriptor } from './close-descriptor.ts';
import { controlKey } from './control-key.ts';
import { exec } from './exec.ts';
import { failedExec } from './failed-exec.ts';
import { fileContexts } from './file-contexts.ts';
import { fileMade } from './file-made.ts';
import { fileUse } from './file-use.ts';
import { forgetXattrs } from './forget-xattrs.ts';
import { getSelfAttr } from './get-self-attr.ts';
import { getXattr } from './get-xattr.ts';
import { inherit } from './inherit.ts';
import { ipc } from './ipc.ts';
import { keepXattr } from './keep-xattr.ts';
import { keyLabel } from './key-label.ts';
import { keyNote } from './key-note.ts';
import { layers } from './layers.ts';
import { listModules } from './list-modules.ts';
import { listXattrs } from './list-xattrs.ts';
import { log } from './log.ts';
import { makerNote } from './maker-note.ts';
import { mayMount } from './may-mount.ts';
import { mayRemount } from './may-remount.ts';
import { metadataChanged } from './metadata-changed.ts';
import { modeRefused } from './mode-refused.ts';
import { mount } from './mount.ts';
import { mountAttached } from './mount-attached.ts';
import { mountLabels } from './mount-labels.ts';
import { mountOption } from './mount-option.ts';
import { newLabel } from './new-label.ts';
import { noteDescriptors } from './note-descriptors.ts';
import { pathAutomaton } from './path-automaton.ts';
import { peer } from './peer.ts';
import { prctl } from './prctl.ts';
import { processCall } from './process-call.ts';
import { ptrace } from './ptrace.ts';
import { type Answerer, type ErrnoAnswer, errnoAnswer } from './question.ts';
import { refusedDescriptors } from './refused-descriptors.ts';
import { removeXattr } from './remove-xattr.ts';
import { requestKey } from './request-key.ts';
import { setSelfAttr } from './set-self-attr.ts';
import { setXattr } from './set-xattr.ts';
import { settledCall } from './settled-call.ts';
import { shownCapabilities } from './shown-capabilities.ts';
import { standIns } from './stand-ins.ts';
import { syslog } from './syslog.ts';
import { syslogWait } from './syslog-wait.ts';
import { unshare } from './unshare.ts';
import { visibleXattrs } from './visible-xattrs.ts';

const QUESTIONS = {
  access,
  'access-object': accessObject,
  'access-subject': accessSubject,
  'add-key': addKey,
  'ask-key': askKey,
  'audit-begin': auditBegin,
  'audit-bind': auditBind,
  'audit-connect': auditConnect,
  'audit-end': auditEnd,
  'audit-option': auditOption,
  'audit-rules': auditRules,
  'audit-send': auditSend,
  'audit-signal': auditSignal,
  'audit-socket': auditSocket,
  'audit-state': auditState,
  'change-metadata': changeMetadata,
  'control-key': controlKey,
  exec,
  'failed-exec': failedExec,
  'mode-refused': modeRefused,
  'file-contexts': fileContexts,
  'file-made': fileMade,
  'file-use': fileUse,
  'forget-xattrs': forgetXattrs,
  'get-self-attr': getSelfAttr,
  'get-xattr': getXattr,
  inherit,
  'maker-note': makerNote,
  ipc,
  'keep-xattr': keepXattr,
  'key-label': keyLabel,
  'key-note': keyNote,
  layers,
  'list-modules': listModules,
  'list-xattrs': listXattrs,
  log,
  'may-mount': mayMount,
  'may-remount': mayRemount,
  'metadata-changed': metadataChanged,
  mount,
  'mount-attached': mountAttached,
  'mount-labels': mountLabels,
  'mount-option': mountOption,
  'new-label': newLabel,
  'note-descriptors': noteDescriptors,
  'path-automaton': pathAutomaton,
  peer,
  prctl,
  'process-call': processCall,
  ptrace,
  'refused-descriptors': refusedDescriptors,
  'remove-xattr': removeXattr,
  'request-key': requestKey,
  'set-self-attr': setSelfAttr,
  'set-xattr': setXattr,
  'settled-call': settledCall,
  'shown-capabilities': shownCapabilities,
  'stand-ins': standIns,
  syslog,
  'syslog-wait': syslogWait,
  'close-descriptor': closeDescriptor,
  unshare,
  'visible-xattrs': visibleXattrs,
};

type Table = typeof QUESTIONS;
export type Kind = keyof Table;

/** By kind: type of the question and of its answer. Each answer may be an ErrnoAnswer: EIO after a bug in the stack. */
export type Dialogue = {
  readonly [K in Kind]: {
    readonly question: Parameters<Table[K]>[1];
    readonly answer: Awaited<ReturnType<Table[K]>>;
  };
};

/** A question of kind K; by default of any kind. */
export type Question<K extends Kind = Kind> = { readonly [N in K]: QuestionIn<Dialogue, N> }[K];
export type AnswerTo<K extends Kind> = Dialogue[K]['answer'];

/** @returns the answer; `undefined` when there was none in time. */
export type Ask = <K extends Kind>(question: QuestionIn<Dialogue, K>) => AnswerTo<K> | undefined;

/** Asks questions of these kinds only. */
export type Asks<K extends Kind> = (question: Question<K>) => AnswerTo<K> | undefined;

type AnsweringKind<K extends Kind> = (
  answerer: Answerer,
  question: Dialogue[K]['question'],
) => AnswerTo<K> | Promise<AnswerTo<K>>;

const ANSWERING: { readonly [K in Kind]: AnsweringKind<K> } = QUESTIONS;

/** Never throws or rejects: a bug in the stack becomes EIO and a line in the log. */
export function answerQuestion<K extends Kind>(
  answerer: Answerer,
  question: QuestionIn<Dialogue, K>,
): AnswerTo<K> | ErrnoAnswer | Promise<AnswerTo<K> | ErrnoAnswer> {
  const { kind } = question;
  const broken = (error: unknown): ErrnoAnswer => {
    answerer.backend.log(`supervisor: ${kind}: ${error instanceof Error ? error.stack : String(error)}`);
    return errnoAnswer(E.EIO);
  };
  try {
    const result = ANSWERING[kind](answerer, question);
    return result instanceof Promise ? result.catch(broken) : result;
  } catch (error) {
    return broken(error);
  }
}
