/** What of the process's surroundings a check may know: which variables are set, never what a key is. */

export interface Surroundings {
  /** Name of the variable or file that the key comes from; null: there is none. */
  readonly keyFrom: string | null;
  /** What the key looks like, judged where it was read. */
  readonly keyForm: KeyForm | null;
  /** Both variables are set, to different keys. */
  readonly hasTwoKeys: boolean;
  /** Variables of the SDK and of proxies that are set; credentials in a proxy's address taken out. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where the doctor itself asks. */
  readonly baseUrl: string;
}

export type KeyForm =
  | 'standard'
  | 'authorization'
  | 'quoted'
  | 'spaced'
  | 'bearer-token'
  | 'json'
  | 'assignment'
  | 'placeholder'
  | 'short'
  | 'other';

/**
 * @param raw as it stood in the variable or file
 * Source of the forms: keys of Google Cloud are `AIza` and 35 characters; those that AI Studio makes since 2026 begin with `AQ.`
 * (observed, documented nowhere as a rule).
 */
export function formOf(raw: string): KeyForm {
  if (/^["'].*["']$/s.test(raw.trim())) return 'quoted';
  if (/^\s*\{/.test(raw)) return 'json';
  if (/^(?:Bearer\s|ya29\.)/i.test(raw.trim())) return 'bearer-token';
  if (/^(?:export\s+)?\w+=["']?(?:AIza|AQ\.)/.test(raw.trim())) return 'assignment';
  if (/\s/.test(raw.trim())) return 'spaced';
  const key = raw.trim();
  if (/^AIza[\w-]{35}$/.test(key)) return 'standard';
  if (/^AQ\.[\w-]{20,}$/.test(key)) return 'authorization';
  if (/(?:your|insert|paste|replace|example|xxx|<|>|\.\.\.)/i.test(key) && !/^AIza/.test(key)) return 'placeholder';
  if (key.length < 20) return 'short';
  return 'other';
}
