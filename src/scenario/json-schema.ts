/** The JSON Schema of scenario files, so that editors complete and check as one types. */
import { z } from 'zod';
import { SCENARIO_FILE } from './definition.ts';

/** Draft 7, which YAML editors know best. What needs two values at once (a size that the model makes) only `validate` checks. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(SCENARIO_FILE, { target: 'draft-7', io: 'input', unrepresentable: 'any' });
  return { ...schema, title: 'rundry scenario' };
}
