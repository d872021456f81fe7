/**
 * AUDIT_SET: changes of the status, each of which is recorded, also one that is refused.
 */
import { AUDIT, LOCKED, STATUS, UNSET } from '../../../linux/audit.ts';
import { E } from '../../../linux/errno.ts';
import { acknowledgement } from './netlink.ts';
import type { AuditRequest, AuditResult } from './request.ts';
import { statusWords } from './status.ts';
import { labelText, sessionText } from './subject.ts';

/** struct audit_status */
const STATUS_SIZE = 44;
/** Below every value. */
const NONE = -1;

export function setStatus(request: AuditRequest): AuditResult {
  const { status } = request.instance;
  const [mask = 0, enabled = 0, failure = 0, pid = 0, rate = 0, limit = 0, , , , wait = 0] = statusWords(
    request.message.data,
  );
  const has = (bit: number): boolean => (mask & bit) !== 0;
  const steps: (() => AuditResult)[] = [];
  const change = (name: string, max: number, old: number, value: number, set: (value: number) => void): void => {
    steps.push(() => (value > max ? E.EINVAL : changeSetting(request, name, old, value, set)));
  };
  if (has(STATUS.ENABLED)) change('audit_enabled', LOCKED, status.enabled, enabled, (value) => status.enable(value));
  if (has(STATUS.FAILURE)) {
    change('audit_failure', 2, status.failure, failure, (value) => {
      status.failure = value;
    });
  }
  if (has(STATUS.PID)) steps.push(() => setDaemon(request, pid));
  if (has(STATUS.RATE_LIMIT)) {
    change('audit_rate_limit', UNSET, status.rateLimit, rate, (value) => {
      status.rateLimit = value;
    });
  }
  if (has(STATUS.BACKLOG_LIMIT)) {
    change('audit_backlog_limit', UNSET, status.backlogLimit, limit, (value) => {
      status.backlogLimit = value;
    });
  }
  if (has(STATUS.BACKLOG_WAIT_TIME)) {
    // The kernel compares the size of its structure with the length of the message, which has a header, too.
    const isWhole = request.message.whole.length >= STATUS_SIZE;
    change('audit_backlog_wait_time', isWhole ? status.maxWaitTime : NONE, status.waitTime, wait, (value) => {
      status.waitTime = value;
    });
  }
  for (const step of steps) {
    const outcome = step();
    if (outcome !== undefined) return outcome;
  }
  if (mask === STATUS.LOST) {
    const { lost } = status;
    status.lost = 0;
    recordSetting(request, 'lost', 0, lost, true);
    return lost;
  }
  if (mask === STATUS.BACKLOG_WAIT_TIME_ACTUAL) {
    const { waitedTime } = status;
    status.waitedTime = 0;
    recordSetting(request, 'backlog_wait_time_actual', 0, waitedTime, true);
    return waitedTime;
  }
  return undefined;
}

/** audit_do_config_change() */
function changeSetting(
  request: AuditRequest,
  name: string,
  old: number,
  value: number,
  set: (value: number) => void,
): AuditResult {
  const { status } = request.instance;
  const allowed = status.enabled !== LOCKED;
  recordSetting(request, name, value, old, allowed, true);
  if (!allowed) return E.EPERM;
  set(value);
  return undefined;
}

/** audit_log_config_change() */
function recordSetting(
  { audit, sender: { subject } }: AuditRequest,
  name: string,
  value: number,
  old: number,
  allowed: boolean,
  whenEnabled = false,
): void {
  const change = `op=set ${name}=${value} old=${old}`;
  const body = `${change} ${sessionText(subject)}${labelText(subject)} res=${allowed ? 1 : 0}`;
  audit.record({ type: AUDIT.CONFIG_CHANGE, body, subject: () => subject, whenEnabled });
}

function setDaemon(request: AuditRequest, pid: number): AuditResult {
  const { delivery } = request.instance;
  const { sender, socket, message } = request;
  if (pid !== 0 && pid !== sender.ownPid) return E.EINVAL;
  delivery.probe(sender.ownPid);
  const old = delivery.daemonPid;
  if (old !== 0 && (pid !== 0 || old !== sender.ownPid)) {
    recordSetting(request, 'audit_pid', pid, old, false);
    return pid !== 0 ? E.EEXIST : E.EACCES;
  }
  if (pid !== 0) {
    if (message.acknowledge) socket.send(acknowledgement(message, 0, socket));
    request.acknowledged = true;
    delivery.register({ pid, process: sender.task.process.tgid, port: socket.port, socket });
  }
  if (pid !== 0) recordSetting(request, 'audit_pid', pid, old, true, true);
  if (pid !== 0) return undefined;
  delivery.unregister();
  recordSetting(request, 'audit_pid', pid, old, true, true);
  return undefined;
}
