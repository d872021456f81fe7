// usage: node scripts/summary.js VITEST.json PASSED FAILED VITEST-STATUS: adds the other checks and prints the closing line.
import { readFileSync } from 'node:fs';

const [file, passedChecks, failedChecks, status] = process.argv.slice(2);
let passed = Number(passedChecks);
let failed = Number(failedChecks);
try {
  const report = JSON.parse(readFileSync(file ?? '', 'utf8'));
  passed += report.numPassedTests;
  failed += report.numFailedTests;
  if (report.numPendingTests + report.numTodoTests > 0) {
    console.error(`${report.numPendingTests + report.numTodoTests} tests were skipped: a skip counts as a failure`);
    failed += report.numPendingTests + report.numTodoTests;
  }
  // A file that cannot be loaded has no tests to count.
  if (failed === 0 && (report.success !== true || Number(status) !== 0)) failed += 1;
} catch (error) {
  console.error(`no test report: ${error instanceof Error ? error.message : String(error)}`);
  failed += 1;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
