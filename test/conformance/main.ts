/**
 * `npm run conformance`: every scenario in a world of lsmfs, compared with the recorded kernels. Fails on any difference that
 * known-differences.json does not list, and on any listed one that does not occur.
 *
 *   --only=GLOB       only these scenarios (may be given several times)
 *   --bare            also run them on the host without lsmfs, to report that score too
 *   --json            the report as JSON
 *   --write           write docs/reports/conformance.md
 *   --timeout=SECONDS limit for one scenario (default 120)
 *   --pin             write what lsmfs answers where it is known to differ to known-values.json
 *   --rootless        in worlds of a user without privileges instead (rootless-conformance.md); with --only, --write, --timeout
 *   --live=SCENARIO   boot a kernel now and compare lsmfs with it instead of with the golden (may be given several times)
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { WITHOUT_POLICY, WITHOUT_STANDBY } from '../support/without-policy.ts';
import { runConformance } from './conformance.ts';
import { readKnownDifferences } from './known-differences.ts';
import { pinnedText, readKnownValues } from './known-values.ts';
import { runLive } from './live.ts';
import { readKernelVersions } from './outcomes.ts';
import { markdownReport, terminalReport } from './print.ts';
import { areaRows, isGood, type Report, totalRow } from './report.ts';
import {
  complaints,
  markdownReport as rootlessPage,
  terminalReport as rootlessReport,
  unusedRules,
} from './rootless/print.ts';
import { readApart, readRules } from './rootless/rules.ts';
import { type RootlessOptions, runRootless } from './rootless/run.ts';
import { mappedTarget, userTarget } from './rootless/targets.ts';
import { lsmfsTarget } from './targets.ts';

Object.assign(process.env, WITHOUT_POLICY, WITHOUT_STANDBY);

const FOLDER = path.join(import.meta.dirname, 'scenarios');
const KNOWN_FILE = path.join(import.meta.dirname, 'known-differences.json');
const VALUES_FILE = path.join(import.meta.dirname, 'known-values.json');
const KERNELS = path.join(import.meta.dirname, 'golden-kernels.json');
const RULES_FILE = path.join(import.meta.dirname, 'rootless/differences.json');
const APART_FILE = path.join(import.meta.dirname, 'rootless/not-run.json');
const ROOTLESS_PAGE = path.join(import.meta.dirname, '../../docs/reports/rootless-conformance.md');
const PAGE = path.join(import.meta.dirname, '../../docs/reports/conformance.md');
/** One step may take this long; a hanging step then fails alone and the others still run. */
const STEP_SECONDS = 120;

function jsonReport(report: Report): string {
  const summary = { good: isGood(report), areas: areaRows(report), total: totalRow(report), ...report };
  return JSON.stringify(summary, null, 2);
}

async function rootless(options: Omit<RootlessOptions, 'rules' | 'apart'>, write: boolean): Promise<number> {
  const all = { ...options, rules: readRules(RULES_FILE), apart: readApart(APART_FILE), onScenario: announce };
  const results = [...(await runRootless(userTarget, all)), ...(await runRootless(mappedTarget, all))];
  console.log(rootlessReport(results, all.rules));
  if (options.only.length > 0) return complaints(results).length === 0 ? 0 : 1;
  const unused = unusedRules(results, all.rules);
  for (const rule of unused) console.log(`USELESS RULE ${JSON.stringify(rule)}`);
  if (write) writeFileSync(ROOTLESS_PAGE, rootlessPage(results, all.rules, all.apart));
  return complaints(results).length + unused.length === 0 ? 0 : 1;
}

function announce(name: string): void {
  console.error(`running ${name}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true, default: [] },
      live: { type: 'string', multiple: true, default: [] },
      bare: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      pin: { type: 'boolean', default: false },
      rootless: { type: 'boolean', default: false },
      timeout: { type: 'string', default: '300' },
    },
  });
  const seconds = Number(values.timeout);
  if (!(seconds > 0)) throw new Error(`--timeout=${values.timeout}: not a number of seconds`);
  const limits = { timeoutMs: seconds * 1000, stepSeconds: STEP_SECONDS };
  const known = readKnownDifferences(KNOWN_FILE);
  if (values.rootless) return rootless({ ...limits, folder: FOLDER, known, only: values.only }, values.write);
  const pinned = readKnownValues(VALUES_FILE);
  const expected = values.pin ? { known } : { known, values: pinned };
  const report =
    values.live.length > 0
      ? await runLive({ ...limits, folder: FOLDER, ...expected, scenarios: values.live, onScenario: announce })
      : await runConformance({
          ...limits,
          folder: FOLDER,
          ...expected,
          target: lsmfsTarget,
          only: values.only,
          bare: values.bare,
          onScenario: announce,
        });
  console.log(values.json ? jsonReport(report) : terminalReport(report));
  if (values.pin) writeFileSync(VALUES_FILE, pinnedText(pinned, report.results));
  if (values.write) {
    if (values.only.length + values.live.length > 0) throw new Error('--write needs a run of all scenarios');
    writeFileSync(PAGE, markdownReport(report, known, readKernelVersions(KERNELS)));
  }
  return isGood(report) ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
}
