/** What `auditctl -s` shows, and the features. */

import { OFF } from '../../../linux/audit.ts';
import { type AuditParameters, backlogLimitOf, DEFAULT_BACKLOG_LIMIT, isOnAtBoot } from './boot-parameters.ts';
import { words } from './netlink.ts';

/** Everything that AUDIT_FEATURE_BITMAP_ALL names. */
const BITMAP = 0x7f;
/** AUDIT_FEATURE_BITMAP_CONTAINERID of the series. */
const CONTAINER_ID = 0x80;
const FEATURES_VERSION = 1;
/** AUDIT_BACKLOG_WAIT_TIME: a minute. */
const WAIT_SECONDS = 60;
/** A wait is refused when it is more than so many times the default. */
const WAIT_FACTOR = 10;
const STATUS_WORDS = 11;

export interface BootParameters extends AuditParameters {
  /** Timer ticks in a second (CONFIG_HZ): the unit of the waiting time. */
  readonly ticks: number;
  /** It has container ids, which no kernel has yet. */
  readonly containers?: boolean;
}

export class Status {
  enabled = OFF;
  /** It was on at some time: tasks that are made from then on are watched. */
  everEnabled = false;
  /** `audit_default`: it was turned on at boot. Records are kept for a daemon that is still to come. */
  readonly onAtBoot: boolean;
  failure = 1;
  rateLimit = 0;
  backlogLimit = DEFAULT_BACKLOG_LIMIT;
  lost = 0;
  waitTime: number;
  waitedTime = 0;
  /** Bits of AUDIT_FEATURE_*. */
  features = 0;
  featureLocks = 0;
  readonly maxWaitTime: number;
  /** It was turned off at boot. */
  readonly initialized: boolean;
  readonly hasContainers: boolean;

  constructor(parameters: BootParameters) {
    const { backlogLimit, ticks, containers = false } = parameters;
    this.hasContainers = containers;
    this.waitTime = WAIT_SECONDS * ticks;
    this.maxWaitTime = WAIT_FACTOR * this.waitTime;
    const on = isOnAtBoot(parameters);
    this.initialized = on !== false;
    this.onAtBoot = on === true;
    if (this.onAtBoot) this.enable(1);
    if (backlogLimit !== undefined) this.backlogLimit = backlogLimitOf(backlogLimit) ?? DEFAULT_BACKLOG_LIMIT;
  }

  enable(value: number): void {
    this.enabled = value;
    this.everEnabled ||= value !== OFF;
  }

  /** @returns a function that brings back what can be set. */
  remember(): () => void {
    const { enabled, failure, rateLimit, backlogLimit, waitTime, features, featureLocks } = this;
    return () => {
      Object.assign(this, { enabled, failure, rateLimit, backlogLimit, waitTime, features, featureLocks });
    };
  }

  /** struct audit_status { u32 mask, enabled, failure, pid, ... } */
  data(daemon: number, backlog: number): Uint8Array {
    const { enabled, failure, rateLimit, backlogLimit, lost, waitTime, waitedTime } = this;
    const features = BITMAP | (this.hasContainers ? CONTAINER_ID : 0);
    return words(0, enabled, failure, daemon, rateLimit, backlogLimit, lost, backlog, features, waitTime, waitedTime);
  }

  /** struct audit_features { u32 vers, mask, features, lock } */
  featuresData(): Uint8Array {
    return words(FEATURES_VERSION, 0xffffffff, this.features, this.featureLocks);
  }
}

/** What is missing counts as 0. */
export function statusWords(data: Uint8Array): number[] {
  const whole = new Uint8Array(4 * STATUS_WORDS);
  whole.set(data.subarray(0, whole.length));
  const view = new DataView(whole.buffer);
  return Array.from({ length: STATUS_WORDS }, (_, index) => view.getUint32(4 * index, true));
}
