/** The second half of the recorded scenarios. */
import { testScenarios } from './scenarios.ts';

testScenarios('second');
