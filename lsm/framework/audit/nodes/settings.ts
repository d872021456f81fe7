/** `status` and `features`: what `auditctl -s` shows, and changes of it. */
import { AUDIT, STATUS } from '../../../../linux/audit.ts';
import { E, failed, type Result } from '../../../../linux/errno.ts';
import { readWhole } from '../../../../vfs/pseudo/index.ts';
import { FEATURES } from '../feature-request.ts';
import type { AuditInstance } from '../instance.ts';
import { words } from '../netlink.ts';
import type { NodeRequest } from './access.ts';
import { AuditNode, lineWriter, type NodeContext } from './node.ts';

/** Names of what can be set, with the bit of each and its place in struct audit_status. */
const SETTINGS: ReadonlyMap<string, { readonly mask: number; readonly word: number }> = new Map([
  ['enabled', { mask: STATUS.ENABLED, word: 1 }],
  ['failure', { mask: STATUS.FAILURE, word: 2 }],
  ['rate_limit', { mask: STATUS.RATE_LIMIT, word: 4 }],
  ['backlog_limit', { mask: STATUS.BACKLOG_LIMIT, word: 5 }],
  ['backlog_wait_time', { mask: STATUS.BACKLOG_WAIT_TIME, word: 9 }],
]);
/** What can be set back to 0. */
const COUNTERS: ReadonlyMap<string, number> = new Map([
  ['lost', STATUS.LOST],
  ['backlog_wait_time_actual', STATUS.BACKLOG_WAIT_TIME_ACTUAL],
]);
const STATUS_WORDS = 11;
const U32 = 2 ** 32;

export function statusNode(context: NodeContext): AuditNode {
  return settingsNode(context, statusText, statusRequest);
}

export function featuresNode(context: NodeContext): AuditNode {
  return settingsNode(context, featuresText, featureRequest);
}

function settingsNode(
  context: NodeContext,
  text: (instance: AuditInstance) => string,
  request: (line: string) => Result<NodeRequest>,
): AuditNode {
  const { access } = context;
  return new AuditNode(context, {
    mode: 0o600,
    open: (_flags, opener, instance) => {
      const sender = access.sender(opener, instance, 'control');
      if (failed(sender)) return sender;
      return {
        writeMovesPosition: true,
        read: readWhole(() => text(instance)),
        write: lineWriter((line, caller) => {
          if (isBlank(line)) return undefined;
          const asked = request(line);
          return failed(asked) ? asked : access.ask(caller, instance, [asked], 'control');
        }),
      };
    },
  });
}

export function isBlank(line: string): boolean {
  return line.trim() === '';
}

/** As `auditctl -s` prints it. */
function statusText({ status, delivery }: AuditInstance): string {
  const lines = {
    enabled: status.enabled,
    failure: status.failure,
    pid: delivery.daemonPid,
    rate_limit: status.rateLimit,
    backlog_limit: status.backlogLimit,
    lost: status.lost,
    backlog: delivery.backlog,
    backlog_wait_time: status.waitTime,
    backlog_wait_time_actual: status.waitedTime,
  };
  const immutable = featureLine(status, FEATURES.length - 1);
  return `${Object.entries(lines)
    .map(([name, value]) => `${name} ${value}\n`)
    .join('')}${immutable}`;
}

/** @param line `NAME VALUE` */
function statusRequest(line: string): Result<NodeRequest> {
  const [, name = '', digits = ''] = /^\s*([a-z_]+)\s+([0-9]+)\s*$/.exec(line) ?? [];
  const value = Number(digits);
  const setting = SETTINGS.get(name);
  const counter = COUNTERS.get(name);
  if (digits === '' || value >= U32) return E.EINVAL;
  if (setting === undefined) {
    if (counter === undefined || value !== 0) return E.EINVAL;
    return { type: AUDIT.SET, data: statusData(counter, 0, 0) };
  }
  return { type: AUDIT.SET, data: statusData(setting.mask, setting.word, value) };
}

function statusData(mask: number, word: number, value: number): Uint8Array {
  const values = Array.from({ length: STATUS_WORDS }, (_, index) => (index === word ? value : 0));
  values[0] = mask;
  return words(...values);
}

function featuresText({ status }: AuditInstance): string {
  return FEATURES.map((_, index) => featureLine(status, index)).join('');
}

function featureLine({ features, featureLocks }: AuditInstance['status'], index: number): string {
  const bit = 1 << index;
  const has = (bits: number): boolean => (bits & bit) !== 0;
  return `${FEATURES[index]} ${has(features) ? 1 : 0} ${has(featureLocks) ? 'locked' : 'unlocked'}\n`;
}

/** @param line `NAME 0|1 [locked|unlocked]`; without the last word its lock stays as it is. */
function featureRequest(line: string): Result<NodeRequest> {
  const [, name = '', value, lock] = /^\s*([a-z_]+)\s+([01])(?:\s+(locked|unlocked))?\s*$/.exec(line) ?? [];
  const index = FEATURES.indexOf(name);
  if (index < 0) return E.EINVAL;
  const bit = 1 << index;
  return { type: AUDIT.SET_FEATURE, data: words(0, bit, value === '1' ? bit : 0, lock === 'locked' ? bit : 0) };
}
