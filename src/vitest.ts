/** `rundry/vitest`: matchers about quotas for your own suite, and the emulated service to judge your own code by. */
export { type EmulatedGemini, type EmulatedGeminiOptions, emulateGemini, startGemini } from './testing/emulated-gemini.ts';
export type { OfModel, Shares } from './testing/judgements.ts';
export type { RundryMatchers } from './testing/matchers.ts';

import './testing/matchers.ts';

export type { Observable, Observed, ObservedBucket, Watched } from './testing/observed.ts';
export { type Settings, simulateFile } from './testing/simulate-file.ts';
