/** `rundry/mock`: the emulated service for other people's programs and test suites. */
export { type EmulatedOptions, emulatedScenario, coverCatalogue, type ModelLimits } from './emulated.ts';
export { Mock, type MockOptions, type PlainRequest, type PlainResponse } from './handle.ts';
export { emulate, geminiHandlers, type GeminiHandlersOptions } from './handlers.ts';
export { pictureOf, pixelsOf, prepare } from './picture.ts';
export { calendar, listen, type ListenOptions, type MockServer } from './server.ts';
export type { MockAnswerRow, MockSummary } from './tally.ts';
