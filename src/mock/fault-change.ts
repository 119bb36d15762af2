/** A change of fault rules as JSON has it: all of them anew, or `{add, replace, remove}`. */
import { ScenarioError } from '../model/errors.ts';
import { nearest } from '../model/nearest.ts';
import { type MockFaultRule, parseFaultRule, type RuleChange } from './fault-rules.ts';

/** Names and types of what a rule can say. What a value means is checked where rules are made. */
export const RULE_FIELDS = {
  fault: ['string'],
  model: ['string'],
  path: ['string'],
  of: ['string'],
  nth: ['number'],
  every: ['number'],
  first: ['number'],
  ratio: ['number'],
  from: ['number', 'string'],
  to: ['number', 'string'],
  after: ['number', 'string'],
  hops: ['number'],
} as const satisfies Readonly<Record<keyof MockFaultRule, readonly ('string' | 'number')[]>>;

const EXPECTED =
  'faults: expected a list of rules, or {"add": [rule], "replace": {"f1": rule}, "remove": ["f1"]}; a rule is {"fault": "capacity.overloaded", "nth": 3} or "capacity.overloaded,nth=3"';

/** @param problems where everything that is wrong is added */
export function ruleChange(given: unknown, problems: string[]): RuleChange {
  const rules = (list: readonly unknown[], where: string): MockFaultRule[] =>
    list.flatMap((one, index) => ruleOf(one, `${where}[${index}]`, problems) ?? []);
  if (Array.isArray(given)) return { set: rules(given, 'faults') };
  if (!isFields(given)) {
    problems.push(EXPECTED);
    return {};
  }
  const { add = [], replace = {}, remove = [], ...others } = given;
  const isWrong = !Array.isArray(add) || !isFields(replace) || !Array.isArray(remove) || !remove.every((id) => typeof id === 'string');
  if (isWrong || Object.keys(others).length > 0 || Object.keys(given).length === 0) {
    problems.push(EXPECTED);
    return {};
  }
  const replaced = Object.entries(replace).flatMap(([id, one]) => {
    const rule = ruleOf(one, `faults.replace.${id}`, problems);
    return rule === null ? [] : [[id, rule] as const];
  });
  return { add: rules(add, 'faults.add'), replace: Object.fromEntries(replaced), remove };
}

function ruleOf(given: unknown, where: string, problems: string[]): MockFaultRule | null {
  if (typeof given === 'string') return parsedOr(given, where, problems);
  if (!isFields(given) || typeof given['fault'] !== 'string') {
    problems.push(`${where}: expected a rule such as {"fault": "capacity.overloaded", "nth": 3}`);
    return null;
  }
  let isRule = true;
  for (const [name, value] of Object.entries(given)) {
    const types: readonly string[] | undefined = Object.hasOwn(RULE_FIELDS, name) ? RULE_FIELDS[name as keyof MockFaultRule] : undefined;
    if (types?.includes(typeof value)) continue;
    isRule = false;
    const meant = nearest(name, Object.keys(RULE_FIELDS));
    problems.push(
      types === undefined
        ? `${where}: unknown key "${name.slice(0, 40)}"${meant === null ? '' : `, did you mean ${meant}?`}`
        : `${where}.${name}: expected a ${types.join(' or a ')}, found ${JSON.stringify(value)?.slice(0, 40)}`,
    );
  }
  return isRule ? (given as unknown as MockFaultRule) : null; // its names and types have just been checked
}

function parsedOr(text: string, where: string, problems: string[]): MockFaultRule | null {
  try {
    return parseFaultRule(text);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    problems.push(...error.problems.map((problem) => problem.replace(/^--fault/, where)));
    return null;
  }
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
