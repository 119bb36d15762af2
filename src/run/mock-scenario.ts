/** What a mock emulates: a scenario file's quota and service, or a profile at a tier where nobody wrote one. */
import { ScenarioError } from '../model/errors.ts';
import type { OwnedKey } from '../model/projects.ts';
import type { Scenario, Setting } from '../model/scenario.ts';
import { parseKeyArgument, parseKeysFile } from '../scenario/keys-file.ts';
import { parseScenario, readScenario } from './scenario-file.ts';
import { readTextFile } from './text-file.ts';

export interface MockScenarioOptions {
  /** null: none, a profile at a tier. */
  readonly file: string | null;
  readonly settings: readonly Setting[];
  /** Epoch ms; null: the file's. */
  readonly startAtMs: number | null;
}

/** Any traffic will do: a mock has none of its own. */
const UNWRITTEN = `name: mock
clock: { duration: 1h }
traffic: [{ name: none, shape: { kind: flood, requests: 1 }, request: { model: gemini-3-pro-image } }]
`;

/**
 * The scenario under further settings, and under none.
 * @throws ScenarioError with every problem, also when called later with settings that are wrong
 */
export function mockScenario({ file, settings, startAtMs }: MockScenarioOptions): (more: readonly Setting[]) => Scenario {
  return (more) => {
    const options = { settings: [...settings, ...more], mode: 'mock', ...(startAtMs === null ? {} : { startAtMs }) } as const;
    if (file !== null) return readScenario(file, options).scenario;
    return { ...parseScenario(UNWRITTEN, 'mock', options).scenario, traffic: [] };
  };
}

export interface Keys {
  /** Charged to the first project; null: any. */
  readonly apiKeys: readonly string[] | null;
  /** Of several projects; null: none. */
  readonly keys: readonly OwnedKey[] | null;
}

/**
 * @param file of keys and their projects
 * @param given `KEY`, or `KEY=project:tier:account`
 * @throws ScenarioError; no key is in its message
 */
export function readKeys(file: string | null, given: readonly string[]): Keys {
  const owned = given.map(parseKeyArgument);
  const plain = given.filter((_, index) => owned[index] === null);
  const keys = [...(file === null ? [] : parseKeysFile(readTextFile(file), file)), ...owned.filter((key) => key !== null)];
  if (keys.length > 0 && plain.length > 0)
    throw new ScenarioError(['--key: with keys of several projects each needs its own: --key KEY=project, or KEY=project:tier:account']);
  return { apiKeys: plain.length > 0 ? plain : null, keys: keys.length > 0 ? keys : null };
}
