/**
 * Schemas of the messages on the control socket. Processes that may connect are trusted; messages of another version, or
 * of a command with a bug, are refused with an error.
 */
import * as v from 'valibot';
import { PROFILES } from '../../lsm/framework/config.ts';
import { BANKS } from '../../lsm/framework/tpm/tpm.ts';
import { WorldError } from '../errors.ts';
import { FAMILIES } from '../mediation.ts';
import type { CommandEndTerms, PolicyChoice, ReportTerms, TpmOptions } from '../options.ts';
import type { StandbyTerms } from '../registry/standby-file.ts';
import type {
  BootRequest,
  ControlRequest,
  EnterRequest,
  ExplainRequest,
  FurnishRequest,
  JoinRequest,
  LabelsRequest,
  MeasurementsRequest,
  ResetRequest,
  StatusRequest,
  StopRequest,
  TakeRequest,
  TreeRequest,
  WaitRequest,
} from './messages.ts';

/** So that no member is forgotten: others are refused. */
type Members<T> = Record<keyof T, v.GenericSchema | v.ExactOptionalSchema<v.GenericSchema, undefined>>;

const text = v.string();
const optionalText = v.exactOptional(text);
const texts = v.array(text);
const descriptor = v.pipe(v.number(), v.integer(), v.minValue(0));
const optionalDescriptor = v.exactOptional(descriptor);
const processId = v.pipe(v.number(), v.integer(), v.minValue(1));
const processNumber = v.strictObject({ pid: processId, pidNamespace: optionalText });

const bank = v.picklist(BANKS);
const tpm = v.strictObject({
  kind: v.picklist(['emulated', 'swtpm']),
  banks: v.exactOptional(v.array(bank)),
  registers: v.exactOptional(v.record(text, text)),
} satisfies Members<TpmOptions>);

const policy = v.strictObject({
  files: texts,
  store: optionalText,
  shown: v.boolean(),
  packed: v.exactOptional(v.boolean()),
  remark: optionalText,
  optional: v.exactOptional(v.boolean()),
  looked: v.exactOptional(texts),
} satisfies Members<PolicyChoice>);

const stack = v.strictObject({
  lsm: optionalText,
  security: optionalText,
  profile: v.picklist(PROFILES),
  enforcing: v.boolean(),
  policy: v.exactOptional(policy),
  profiles: v.exactOptional(texts),
  context: optionalText,
  fileContexts: optionalText,
  mediation: v.exactOptional(v.strictObject({ families: v.array(v.picklist(FAMILIES)), logOnly: v.boolean() })),
  auditCalls: v.exactOptional(v.boolean()),
  parameters: v.exactOptional(v.record(text, text)),
  allowUnimplemented: v.exactOptional(v.boolean()),
  keys: v.exactOptional(v.record(text, texts)),
  encryptedKeys: v.exactOptional(v.record(text, text)),
  build: optionalText,
  tpm: v.exactOptional(tpm),
} satisfies Members<BootRequest['stack']>);

const commandEnd = v.exactOptional(v.strictObject({ kept: v.boolean() } satisfies Members<CommandEndTerms>));

const keys = { options: optionalText, asked: optionalText };

const boot = v.strictObject({
  kind: v.literal('boot'),
  name: text,
  id: text,
  stateRoot: text,
  stack,
  seccomp: v.boolean(),
  transport: v.picklist(['kernel', 'fuse-native']),
  command: texts,
  madeDirectories: texts,
  statusFd: optionalDescriptor,
  terminalFd: optionalDescriptor,
  logFile: optionalText,
  report: v.exactOptional(
    v.strictObject({
      fd: descriptor,
      refusals: text,
      log: optionalText,
      accepted: optionalText,
    } satisfies Members<ReportTerms>),
  ),
  commandEnd,
  standby: v.exactOptional(
    v.strictObject({
      ...keys,
      left: v.boolean(),
      seconds: v.pipe(v.number(), v.minValue(0)),
    } satisfies Members<StandbyTerms>),
  ),
} satisfies Members<BootRequest>);

const take = v.strictObject({
  kind: v.literal('take'),
  ...keys,
  command: texts,
  statusFd: optionalDescriptor,
  terminalFd: optionalDescriptor,
  commandEnd,
} satisfies Members<TakeRequest>);

const enter = v.strictObject({
  kind: v.literal('enter'),
  statusFd: optionalDescriptor,
} satisfies Members<EnterRequest>);

const furnish = v.strictObject({
  kind: v.literal('furnish'),
  made: v.exactOptional(v.strictObject({ devices: texts, remarks: texts })),
} satisfies Members<FurnishRequest>);

const integer = v.pipe(v.number(), v.safeInteger());

const join = v.strictObject({
  kind: v.literal('join'),
  devices: texts,
  listener: optionalDescriptor,
  installed: optionalDescriptor,
} satisfies Members<JoinRequest>);

const explain = v.strictObject({
  kind: v.literal('explain'),
  module: text,
  request: v.strictObject({
    words: texts,
    query: text,
    command: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffff))),
    notOwner: v.exactOptional(v.boolean()),
    namespace: optionalText,
    file: v.exactOptional(
      v.strictObject({
        path: optionalText,
        ...{ magic: integer, type: text, uuid: v.exactOptional(text), uid: integer, gid: integer, mode: integer },
        user: v.strictObject({ uid: integer, euid: integer, gid: integer, egid: integer }),
      }),
    ),
  } satisfies Members<ExplainRequest['request']>),
  process: v.exactOptional(processNumber),
  asker: v.exactOptional(processNumber),
} satisfies Members<ExplainRequest>);

const status = v.strictObject({ kind: v.literal('status') } satisfies Members<StatusRequest>);
const measurements = v.strictObject({
  kind: v.literal('measurements'),
  namespace: optionalText,
} satisfies Members<MeasurementsRequest>);
const labels = v.strictObject({ kind: v.literal('labels'), thread: processId } satisfies Members<LabelsRequest>);
const tree = v.strictObject({ kind: v.literal('tree') } satisfies Members<TreeRequest>);
const wait = v.strictObject({ kind: v.literal('wait') } satisfies Members<WaitRequest>);
const reset = v.strictObject({ kind: v.literal('reset') } satisfies Members<ResetRequest>);
const stop = v.strictObject({
  kind: v.literal('stop'),
  graceMs: v.pipe(v.number(), v.integer(), v.minValue(0)),
} satisfies Members<StopRequest>);

const request: v.GenericSchema<unknown, ControlRequest> = v.variant('kind', [
  boot,
  take,
  enter,
  furnish,
  join,
  explain,
  status,
  tree,
  labels,
  measurements,
  wait,
  reset,
  stop,
]);

/** @param line a message as it came. @throws WorldError */
export function parseRequest(line: string): ControlRequest {
  const result = v.safeParse(request, json(line));
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'message';
  throw refusal(`${where}: ${issue.message}`);
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw refusal('it is not JSON');
  }
}

function refusal(reason: string): WorldError {
  return new WorldError(
    'daemon-failed',
    `The daemon does not understand the request: ${reason}.`,
    'A world is asked by the version of lsmfs that made it.',
  );
}
