/** `rundry/mock`: the emulated service for other people's programs and test suites. */
export { coverCatalogue, type EmulatedOptions, emulatedScenario, type ModelLimits } from './emulated.ts';
export { Mock, type MockOptions, type PlainRequest, type PlainResponse } from './handle.ts';
export { emulate, type GeminiHandlersOptions, geminiHandlers } from './handlers.ts';
export { pictureOf, pixelsOf, prepare } from './picture.ts';
export { calendar, type ListenOptions, listen, type MockServer } from './server.ts';
export type { MockAnswerRow, MockSummary } from './tally.ts';
