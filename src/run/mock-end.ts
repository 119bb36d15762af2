/** The other end of a mock run: our own mock, started for it or running elsewhere, and the SDK pointed at it. */
import type { Target } from '../model/attempt.ts';
import { SetupError } from '../model/errors.ts';
import type { Scenario } from '../model/scenario.ts';
import { service } from '../service/service.ts';
import { gemini } from '../targets/gemini.ts';
import { poolExchange } from '../targets/pool.ts';
import { simulated, withEmulatedRest } from '../targets/simulated.ts';
import type { RealClock } from './real-clock.ts';
import { startMock } from './start-mock.ts';

export interface MockEnd {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly target: Target;
  close(): Promise<void>;
}

/** The mock takes any key that is not empty; this one says what it is wherever it turns up. */
const MOCK_KEY = 'rundry-mock-key';
const CONNECTIONS_MAX = 1024;

export async function mockEnd(options: {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly clock: RealClock;
  readonly speed: number;
  readonly baseUrl: string | null;
}): Promise<MockEnd> {
  const { scenario, seed, clock, speed } = options;
  if (options.baseUrl !== null) requireLoopback(options.baseUrl);
  const own =
    options.baseUrl === null
      ? await startMock({ scenario, seed, port: 0, speed, nowMs: () => scenario.clock.startAtMs + clock.elapsedMs })
      : null;
  const baseUrl = own?.url ?? (options.baseUrl as string);
  const pool = poolExchange(CONNECTIONS_MAX);
  return {
    baseUrl,
    apiKey: MOCK_KEY,
    target: withEmulatedRest(
      gemini(clock, { connection: { kind: 'key', apiKey: MOCK_KEY, baseUrl }, exchange: pool.exchange, isOwnMock: true }),
      simulated(service(scenario, seed), clock, scenario.clock.startAtMs),
    ),
    async close() {
      await pool.close();
      await own?.close();
    },
  };
}

/** A mock run sends to this machine only, whatever it is told. */
function requireLoopback(baseUrl: string): void {
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
  if (!/^(localhost|127(\.\d+){3}|\[::1\])$/.test(host))
    throw new SetupError(`--base-url ${baseUrl} is not on this machine; mock mode sends to 127.0.0.1, localhost or [::1] only`);
}
