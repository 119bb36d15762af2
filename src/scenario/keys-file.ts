/** Keys of several projects as a user writes them down: a YAML file, or `KEY=project:tier:account` on a command line. */
import { parseDocument } from 'yaml';
import { ScenarioError } from '../model/errors.ts';
import type { KeyOwner, OwnedKey } from '../model/projects.ts';

/**
 *     shop: { tier: 2, account: acme, keys: [first-key, second-key] }
 *     labs: { keys: [third-key] }
 *
 * @throws ScenarioError with every problem at once, none of which quotes the file: it holds secrets
 */
export function parseKeysFile(text: string, file: string): readonly OwnedKey[] {
  const yaml = parseDocument(text, { prettyErrors: false });
  const problems: string[] = [];
  const problem = (where: string, what: string): void => void problems.push(`${file}: ${where}${what}`);
  if (yaml.errors.length > 0) throw new ScenarioError([`${file}: not YAML (${yaml.errors[0]!.code})`]);
  const value: unknown = yaml.toJS();
  if (!isFields(value) || Object.keys(value).length === 0) throw new ScenarioError([`${file}: ${EXPECTED}`]);
  const owned: OwnedKey[] = [];
  for (const [index, [project, section]] of Object.entries(value).entries()) {
    const where = `project ${index + 1}: `;
    if (!isFields(section)) {
      problem(where, EXPECTED);
      continue;
    }
    const { tier, account, keys, ...others } = section;
    if (Object.keys(others).length > 0) problem(where, 'expected no other keys than tier, account, keys');
    if (!Array.isArray(keys) || keys.length === 0 || !keys.every((key) => typeof key === 'string' || typeof key === 'number'))
      problem(where, 'keys: expected a list of API keys');
    else {
      const owner: KeyOwner = {
        project,
        ...(tier === undefined ? {} : { tier: String(tier) }),
        ...(account ? { account: String(account) } : {}),
      };
      owned.push(...keys.map((key): OwnedKey => [String(key), owner]));
    }
  }
  if (problems.length > 0) throw new ScenarioError(problems);
  return owned;
}

/** null: a key alone, of no project in particular. */
export function parseKeyArgument(text: string): OwnedKey | null {
  const split = /^(.+)=([^=]*)$/.exec(text);
  if (!split) return null;
  const [project = '', tier, account] = split[2]!.split(':');
  return [split[1]!, { project, ...(tier ? { tier } : {}), ...(account ? { account } : {}) }];
}

const EXPECTED = 'expected projects such as "shop: { tier: 2, account: acme, keys: [a-key, another-key] }"';

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
