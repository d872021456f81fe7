/** The first half of the recorded scenarios. */
import { testScenarios } from './scenarios.ts';

testScenarios(0, 2);
