/** The committed JSON Schemas, which editors use, are those that the definitions give. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { journalJsonSchema } from '../../src/journal/json-schema.ts';
import { scenarioJsonSchema } from '../../src/scenario/json-schema.ts';

test.each([
  ['src/scenario/scenario.schema.json', scenarioJsonSchema, 'npx rundry schema > src/scenario/scenario.schema.json'],
  ['src/journal/journal.schema.json', journalJsonSchema, 'npx rundry schema --of journal > src/journal/journal.schema.json'],
])('%s is fresh', (file, schema, refresh) => {
  const committed = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  expect(committed === `${JSON.stringify(schema(), null, 2)}\n`, `stale; refresh it with: ${refresh}`).toBe(true);
});
