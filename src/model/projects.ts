/** Which API keys belong to which project, at which tier, and who pays for it. */
import { ScenarioError } from './errors.ts';
import { TIERS, type Tier } from './names.ts';

export interface ProjectSpec {
  readonly name: string;
  readonly tier: Tier;
  /** Projects of one account share its spend windows. */
  readonly account: string;
  readonly keys: readonly string[];
}

/** One key as a user writes it down. What one key says of its project holds for the others of it. */
export interface KeyOwner {
  readonly project: string;
  /** Left out: the tier that everything else is emulated at. */
  readonly tier?: string | number;
  /** Left out: projects of one tier share one. */
  readonly account?: string;
}

/** A key and whose it is; the key itself is never told again. */
export type OwnedKey = readonly [key: string, owner: KeyOwner];

/**
 * The projects behind a list of keys, in the order of their first keys.
 * @throws ScenarioError with every contradiction at once; keys are told by their place in the list, never themselves
 */
export function projectsOfKeys(owners: readonly OwnedKey[], tierElse: Tier): readonly ProjectSpec[] {
  const problems: string[] = [];
  const said = new Map<string, { tier: string | null; account: string | null; keys: string[] }>();
  const seen = new Set<string>();
  for (const [index, [key, owner]] of owners.entries()) {
    const where = `key ${index + 1}`;
    if (key === '' || /\s/.test(key)) problems.push(`${where}: expected a key without spaces`);
    if (seen.has(key)) problems.push(`${where}: the same key was given before`);
    if (owner.project === '') problems.push(`${where}: expected the name of a project`);
    seen.add(key);
    const own = said.get(owner.project) ?? { tier: null, account: null, keys: [] };
    said.set(owner.project, own);
    const tier = owner.tier === undefined || owner.tier === '' ? null : String(owner.tier);
    if (tier !== null && !isTier(tier)) problems.push(`${where}: expected a tier of ${TIERS.join(', ')}, found "${tier.slice(0, 20)}"`);
    own.tier = agreed(own.tier, tier, `${where}: its project has another tier already`, problems);
    own.account = agreed(own.account, owner.account || null, `${where}: its project has another account already`, problems);
    own.keys.push(key);
  }
  const projects = [...said].map(([name, { tier, account, keys }]): ProjectSpec => {
    const known = tier !== null && isTier(tier) ? tier : tierElse;
    return { name, tier: known, account: account ?? `tier ${known}`, keys };
  });
  for (const { account, tier } of projects) {
    const other = projects.find((project) => project.account === account);
    if (other && other.tier !== tier)
      problems.push(`account ${account}: its projects are at tiers ${other.tier} and ${tier}; a billing account has one tier`);
  }
  if (problems.length > 0) throw new ScenarioError([...new Set(problems)]);
  return projects;
}

function agreed(before: string | null, now: string | null, problem: string, problems: string[]): string | null {
  if (before !== null && now !== null && before !== now) problems.push(problem);
  return before ?? now;
}

function isTier(text: string): text is Tier {
  return (TIERS as readonly string[]).includes(text);
}
