/** `rundry/mock`: the emulated service for other people's programs and test suites. */

export type { BatchSummary, MockSummary } from '../model/mock-summary.ts';
export type { KeyOwner, OwnedKey } from '../model/projects.ts';
export { type Certificate, fingerprint, selfSigned } from './certificate.ts';
export { type Control, control } from './control.ts';
export { coverCatalogue, type EmulatedOptions, emulatedScenario, type ModelLimits } from './emulated.ts';
export { Emulation, type EmulationOptions } from './emulation.ts';
export { type MockFaultRule, parseFaultRule } from './fault-rules.ts';
export { Mock, type MockOptions } from './handle.ts';
export { emulate, type GeminiHandlersOptions, geminiHandlers } from './handlers.ts';
export { intercept } from './intercept.ts';
export { pictureOf, pixelsOf, prepare } from './picture.ts';
export type { PlainRequest, PlainResponse } from './plain.ts';
export type { MockAnswerRow, MockBatchRow } from './rows.ts';
export { calendar, type ListenOptions, listen, type MockServer } from './server.ts';
export { answerThreads, askMainThread } from './threads.ts';
