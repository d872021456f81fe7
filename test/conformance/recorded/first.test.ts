/** The first half of the recorded scenarios. */
import { testScenarios } from './scenarios.ts';

testScenarios('first');
