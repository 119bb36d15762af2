/** Limits of one's own from wherever they can be read, as the text of a dated limits file. */
import { InputError, ScenarioError } from '../model/errors.ts';
import type { Tier } from '../model/names.ts';
import type { StatedLimit, StatedLimits } from '../model/stated-limit.ts';
import { limitsText } from '../quota/limits-text.ts';
import { pastedLimits } from '../quota/pasted-limits.ts';
import { limitsListed } from '../wire/quota-listing.ts';
import { listQuotas, oauthToken, type QuotaApi } from './quota-apis.ts';

export interface ImportedLimits {
  /** Of the limits file. */
  readonly text: string;
  readonly limits: readonly StatedLimit[];
  readonly notes: readonly string[];
}

export interface ImportOptions {
  /** Of rows that name none. */
  readonly tier: Tier;
  /** ISO date of the reading. */
  readonly asOf: string;
}

/**
 * From a text that people have: JSON of gcloud or the APIs, or rows: copied from AI Studio, of a CSV, of a table.
 * @param origin as the user named it
 * @throws InputError (exit 4) when a line is not understood, or nothing in it is a limit of an image model
 */
export function limitsOfText(text: string, origin: string, { tier, asOf }: ImportOptions): ImportedLimits {
  const { found, source } = readText(text, origin, tier);
  return file(found, { name: origin === '-' ? 'own limits' : origin, source, asOf, origin });
}

function readText(text: string, origin: string, tier: Tier): { found: StatedLimits; source: string } {
  if (/^\s*(?:\[\s*[[{\]]|\{)/.test(text)) {
    const found = limitsListed(json(text, origin), tier);
    if (found === null) throw new InputError(`${origin}: this JSON is no quota listing of the Cloud Quotas or Service Usage API`);
    return { found, source: 'a quota listing of Google Cloud' };
  }
  const found = pastedLimits(text, tier);
  if (typeof found === 'string') throw new InputError(prefixed(origin, found));
  return { found, source: 'rows of AI Studio, or as they were written down' };
}

export interface FetchOptions extends ImportOptions {
  readonly api: QuotaApi;
  readonly project: string;
  readonly service: string;
  /** null: Application Default Credentials. */
  readonly tokenEnv: string | null;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly baseUrl?: string;
}

/** From Google's own listing. @throws SetupError (exit 3) without a token or an answer */
export async function limitsOfProject({ tier, asOf, tokenEnv, environment, ...list }: FetchOptions): Promise<ImportedLimits> {
  if (!/^[\w.:-]+$/.test(list.project)) throw new ScenarioError([`--project: "${list.project}" is no project id or number`]);
  const rows = await listQuotas({ ...list, token: await oauthToken(environment, tokenEnv) });
  const found = limitsListed(rows, tier);
  if (found === null) throw new InputError(`${list.api}: the answer is no quota listing`);
  const source = `${list.api === 'cloud-quotas' ? 'Cloud Quotas API' : 'Service Usage API'}, ${list.service}, project ${list.project}`;
  return file(found, { name: list.project, source, asOf, origin: source });
}

function file(
  { limits, notes }: StatedLimits,
  { origin, ...words }: { readonly name: string; readonly source: string; readonly asOf: string; readonly origin: string },
): ImportedLimits {
  if (limits.length === 0) throw new InputError([`${origin}: no limit of an image model was found`, ...notes].join('\n'));
  return { text: limitsText({ ...words, limits }), limits, notes };
}

function json(text: string, origin: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${origin}: not JSON`, { cause }); // what the parser says quotes the file
  }
}

function prefixed(origin: string, problems: string): string {
  return problems
    .split('\n')
    .map((problem) => `${origin}: ${problem}`)
    .join('\n');
}
