/** Results of a conformance run, and how they are summed up. */
import type { Difference } from './compare.ts';
import type { KnownStep } from './known-differences.ts';

export interface Counts {
  readonly steps: number;
  readonly equal: number;
  readonly known: number;
  readonly unexpected: number;
}

export interface ScenarioResult {
  readonly scenario: string;
  readonly area: string;
  readonly counts: Counts;
  readonly unexpected: readonly Difference[];
  readonly known: readonly KnownStep[];
  /** Listed differences that did not occur. */
  readonly stale: readonly string[];
  /** The run itself failed: time-out, early end, something left behind, no golden. */
  readonly problem: string | undefined;
  /** Equal outcomes of the same scenario on the bare host, when that was asked for. */
  readonly bareEqual: number | undefined;
}

/** A scenario that did not run because modules are not implemented, or the host lacks what it needs. */
export interface NotRun {
  readonly scenario: string;
  readonly area: string;
  readonly steps: number;
  readonly missing: readonly string[];
}

export interface Report {
  readonly results: readonly ScenarioResult[];
  readonly notRun: readonly NotRun[];
  /** Entries of the list of known differences that apply to nothing. */
  readonly stale: readonly string[];
}

export interface Row extends Counts {
  readonly area: string;
  readonly bareEqual: number | undefined;
}

const NOTHING: Counts = { steps: 0, equal: 0, known: 0, unexpected: 0 };

function add(a: Counts, b: Counts): Counts {
  return {
    steps: a.steps + b.steps,
    equal: a.equal + b.equal,
    known: a.known + b.known,
    unexpected: a.unexpected + b.unexpected,
  };
}

function sumUp(area: string, results: readonly ScenarioResult[]): Row {
  const bare = results.map((result) => result.bareEqual).filter((count) => count !== undefined);
  return {
    area,
    ...results.map((result) => result.counts).reduce(add, NOTHING),
    bareEqual: bare.length === results.length && bare.length > 0 ? bare.reduce((a, b) => a + b, 0) : undefined,
  };
}

/** One row per area, in order of appearance. */
export function areaRows(report: Report): Row[] {
  const areas = [...new Set(report.results.map((result) => result.area))];
  return areas.map((area) =>
    sumUp(
      area,
      report.results.filter((result) => result.area === area),
    ),
  );
}

export function totalRow(report: Report): Row {
  return sumUp('total', report.results);
}

/** Rounded down, so that 100 % means every step. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${(Math.floor((part * 1000) / whole) / 10).toFixed(1)} %`;
}

export function isGood(report: Report): boolean {
  const bad = report.results.some(
    (result) => result.problem !== undefined || result.unexpected.length > 0 || result.stale.length > 0,
  );
  return !bad && report.stale.length === 0 && report.results.length > 0;
}
