// usage: node scripts/summary.js second-look VITEST.json
//          prints arguments for vitest, one a line, that run a run's failed tests again; nothing when there are too many for a second look
//        node scripts/summary.js slowest VITEST.json
//          where the time went: the files that took longest
//        node scripts/summary.js checks PASSED FAILED
//          the closing line where no test was wanted
//        node scripts/summary.js total PASSED FAILED STATUS VITEST.json [STATUS SECOND.json]
//          adds the other checks and prints the closing line. The second run is of the first one's failed tests alone: one that passes
//          there counts as passed and is listed as unsteady, so that it is mended and not forgotten.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** So many files at most get a second look: more than that is no matter of chance. */
const SECOND_LOOK = 4;
const SLOWEST = 25;

const read = (file) => JSON.parse(readFileSync(file, 'utf8'));
const failedTests = (report) =>
  report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => `${path.relative('.', file.name)}: ${test.fullName}`),
  );
const failedNames = (report) =>
  report.testResults.flatMap((file) =>
    file.assertionResults.filter((test) => test.status === 'failed').map((test) => test.fullName),
  );
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
const failedFiles = (report) =>
  report.testResults.filter((file) => file.status === 'failed').map((file) => path.relative('.', file.name));

/** Tests that did not pass, those that did at the second look, and the number that passed. */
function judge(statuses, reports) {
  const [first, second] = reports;
  let passed = first.numPassedTests;
  const failed = failedTests(first);
  const again = second === undefined ? new Set(failed) : new Set(failedTests(second));
  // A file that could not be loaded has no tests to count.
  const last = second ?? first;
  const broken = last.success !== true || Number(statuses.at(-1)) !== 0;
  const ran = new Set(
    (second?.testResults ?? []).flatMap((file) =>
      file.assertionResults
        .filter((test) => test.status === 'passed')
        .map((test) => `${path.relative('.', file.name)}: ${test.fullName}`),
    ),
  );
  const unsteady = failed.filter((name) => ran.has(name) && !again.has(name));
  passed += unsteady.length;
  let bad = failed.length - unsteady.length;
  if (bad === 0 && broken) bad = 1;
  const skipped = first.numPendingTests + first.numTodoTests;
  return { passed, failed: bad, unsteady, skipped };
}

function printSlowest({ testResults }) {
  const seconds = testResults.map(({ name, startTime, endTime }) => [
    (endTime - startTime) / 1000,
    path.relative('.', name),
  ]);
  const sum = seconds.reduce((total, [taken]) => total + taken, 0);
  console.error(`the files of tests took ${sum.toFixed(0)} s together; the longest:`);
  for (const [taken, name] of seconds.sort(([one], [other]) => other - one).slice(0, SLOWEST))
    console.error(`${taken.toFixed(0).padStart(6)} s  ${name}`);
}

const [command, ...args] = process.argv.slice(2);
if (command === 'second-look') {
  const report = existsSync(args[0]) ? read(args[0]) : undefined;
  const files = report === undefined ? [] : failedFiles(report);
  const names = report === undefined ? [] : failedNames(report);
  if (files.length > 0 && files.length <= SECOND_LOOK && names.length <= SECOND_LOOK * 2) {
    for (const file of files) console.log(file);
    // A file that could not be loaded has no names.
    if (names.length > 0) console.log(`-t=${names.map(escaped).join('|')}`);
  }
} else if (command === 'slowest') {
  if (existsSync(args[0])) printSlowest(read(args[0]));
} else if (command === 'checks') {
  const [passed, failed] = args.map(Number);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} else {
  const [passedChecks, failedChecks, ...runs] = args;
  let passed = Number(passedChecks);
  let failed = Number(failedChecks);
  try {
    const statuses = runs.filter((_, index) => index % 2 === 0);
    const reports = runs.filter((_, index) => index % 2 === 1).map(read);
    const verdict = judge(statuses, reports);
    passed += verdict.passed;
    failed += verdict.failed + verdict.skipped;
    if (verdict.skipped > 0) console.error(`${verdict.skipped} tests were skipped: a skip counts as a failure`);
    for (const name of verdict.unsteady) console.error(`unsteady: failed once and passed when run again: ${name}`);
  } catch (error) {
    console.error(`no test report: ${error instanceof Error ? error.message : String(error)}`);
    failed += 1;
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}
