/**
 * The dated limit profiles: what was published, claimed and seen, figure by figure.
 *
 * Google took the numbers per model out of its public pages about 2025-12, so nothing here is current for a given project.
 * A figure that is missing is not known. Models that are no longer called (Imagen, 2.0 Flash) are left out, and preview ids
 * stand under their GA id. All sources were read 2026-11-20.
 */
import type { Grade, Tier } from '../model/names.ts';

export const MODEL_LIMITS = ['rpm', 'tpm', 'ipm', 'rpd', 'batchTokens'] as const;
export type ModelLimit = (typeof MODEL_LIMITS)[number];
export const ACCOUNT_LIMITS = ['spend10m', 'monthly', 'batchJobs'] as const;
export type AccountLimit = (typeof ACCOUNT_LIMITS)[number];

/** One figure: requests, images, tokens, jobs or micro-dollars; `none`: there is no such limit; an interval: not known better. */
export interface Figure {
  readonly value: number | 'none' | 'unknown' | readonly [low: number, high: number];
  readonly grade: Grade;
  readonly asOf: string | null;
}

export interface TierFigures {
  /** By GA id; `*image` stands for every image model of the catalogue without a row of its own. */
  readonly models: Readonly<Record<string, Partial<Readonly<Record<ModelLimit, Figure>>>>>;
  readonly account: Partial<Readonly<Record<AccountLimit, Figure>>>;
}

export interface Profile {
  readonly name: string;
  readonly asOf: string | null;
  /** What the reader of any number must be told; `code` is for machines. */
  readonly warning: { readonly code: string; readonly text: string };
  readonly tiers: Partial<Readonly<Record<Tier, TierFigures>>>;
  /** What a limit is that has no figure. */
  readonly otherwise: 'unknown' | 'none';
  /** The profiles that answer, in this order, where this one has no figure. */
  readonly bases: readonly Profile[];
}

/** The last table of numbers on ai.google.dev/gemini-api/docs/rate-limits, copy of 2025-11. It had no IPM column. */
const table = dated('documented', '2025-11');
/** The same page without its table. */
const batchPage = dated('documented', '2026');
const spendPage = dated('documented', '2026-10-17');
const jobsPage = dated('documented', '2026-10');
/** Reseller guides (aifreeapi, laozhang, apiyi); about "image models" in general. */
const guides = dated('community', '2026-02');
/** Captured bodies from 2026-07-26 to 2026-10-07: limit 0 for every image model on the free tier. */
const freeBodies = dated('observed', '2026-10-07');
const liteBody = dated('observed', '2026-08-01');
/** Only in a public test fixture. */
const liteFixture = dated('community', '2026-08-01');
/** The first Nano Banana; equals the table of 2025-11. */
const bananaBody = dated('observed', '2026-09-02');
/** gcloud quota listings of 2026-07-05 and 2026-07-12: image requests per minute, project and base model. */
const agentListing = dated('observed', '2026-07');
/** The spend rules are the Gemini API's. */
const agentAccount = { spend10m: agentListing('none'), monthly: agentListing('none') };

const published: Profile = {
  name: 'published-2025-11',
  asOf: '2025-11',
  warning: {
    code: 'profile-stale',
    text:
      'Limits are from the last table that Google published (2025-11), since withdrawn; none of these numbers is guaranteed or current. ' +
      'It had no images-per-minute column, and spend windows came later. Read your own limits in AI Studio before a real run.',
  },
  otherwise: 'unknown',
  bases: [],
  tiers: {
    free: { models: {}, account: {} },
    '1': {
      models: {
        'gemini-3-pro-image': { rpm: table(20), tpm: table(100_000), rpd: table(250), batchTokens: table(2_000_000) },
        'gemini-2.5-flash-image': { rpm: table(500), tpm: table(500_000), rpd: table(2_000), batchTokens: table('none') },
      },
      account: {},
    },
    '2': {
      models: {
        'gemini-3-pro-image': { rpm: table(500), tpm: table(500_000), rpd: table(15_000), batchTokens: table(270_000_000) },
        'gemini-2.5-flash-image': { rpm: table(2_000), tpm: table(1_500_000), rpd: table(50_000), batchTokens: table('none') },
      },
      account: {},
    },
    '3': {
      models: {
        'gemini-3-pro-image': { rpm: table(5_000), tpm: table(5_000_000), rpd: table('none'), batchTokens: table(1_000_000_000) },
        'gemini-2.5-flash-image': { rpm: table(5_000), tpm: table(5_000_000), rpd: table('none'), batchTokens: table('none') },
      },
      account: {},
    },
  },
};

const community: Profile = {
  name: 'community-2026-02',
  asOf: '2026-02',
  warning: {
    code: 'profile-refuted',
    text:
      'Limits are what reseller guides repeated (2026-02), refuted where checkable: image quota on the free tier is 0, and no ' +
      'images-per-minute quota was ever seen on the Gemini API. None of these numbers is guaranteed; use them only to compare.',
  },
  otherwise: 'unknown',
  bases: [],
  tiers: {
    free: { models: { '*image': { rpm: guides(15), ipm: guides(2), rpd: guides(50) } }, account: {} },
    '1': { models: { '*image': { ipm: guides(10), rpd: guides(250) } }, account: {} },
    // "20+ IPM" and "1000+ RPD"
    '2': { models: { '*image': { ipm: guides(20), rpd: guides(1_000) } }, account: {} },
    // "100+ IPM", by agreement
    '3': { models: { '*image': { ipm: guides(100) } }, account: {} },
  },
};

const observed: Profile = {
  name: 'observed-2026',
  asOf: '2026-10',
  warning: {
    code: 'profile-partial',
    text:
      'Limits are the official spend rules and what errors and quota listings showed up to 2026-10; none of these numbers is guaranteed ' +
      'for your project, and most limits per model are unknown. Read your own limits in AI Studio before a real run.',
  },
  otherwise: 'unknown',
  bases: [],
  tiers: {
    free: {
      models: { '*image': { rpm: freeBodies(0), tpm: freeBodies(0), rpd: freeBodies(0), batchTokens: freeBodies(0) } },
      account: {},
    },
    '1': {
      models: {
        // One fresh project had rpd 0 for the preview id on 2026-01-04 (customer-cloud-club/meeting-visualizer#38).
        'gemini-3-pro-image': { batchTokens: batchPage(2_000_000) },
        'gemini-3.1-flash-lite-image': { rpm: liteFixture(10), rpd: liteBody(1_000) },
        'gemini-2.5-flash-image': { rpm: bananaBody(500) },
      },
      account: { spend10m: spendPage(10_000_000), monthly: spendPage(250_000_000), batchJobs: jobsPage(100) },
    },
    '2': {
      models: { 'gemini-3-pro-image': { batchTokens: batchPage(270_000_000) } },
      // One copy of 2026-07-27 said $200 per 10 min.
      account: { spend10m: spendPage(50_000_000), monthly: spendPage(2_000_000_000), batchJobs: jobsPage(100) },
    },
    '3': {
      models: { 'gemini-3-pro-image': { batchTokens: batchPage(1_000_000_000) } },
      // The cap is "$20,000 to $100,000 or more"; the low end is what everybody has.
      account: { spend10m: spendPage(200_000_000), monthly: spendPage(20_000_000_000), batchJobs: jobsPage(100) },
    },
  },
};

const agentPlatform: Profile = {
  name: 'agent-platform-2026',
  asOf: '2026-07',
  warning: {
    code: 'profile-agent-platform',
    text:
      'Limits are those of the Agent Platform (formerly Vertex AI), pay as you go, as third parties listed them (2026-07): 2 image requests per ' +
      'minute and model, and beyond it shared capacity, where a 429 is no quota. None of these numbers is guaranteed; no spend window applies.',
  },
  otherwise: 'unknown',
  bases: [],
  tiers: {
    free: { models: {}, account: agentAccount },
    '1': { models: { '*image': { ipm: agentListing(2) } }, account: agentAccount },
    '2': { models: { '*image': { ipm: agentListing(2) } }, account: agentAccount },
    '3': { models: { '*image': { ipm: agentListing(2) } }, account: agentAccount },
  },
};

const bestKnown: Profile = {
  name: 'best-known',
  asOf: '2026-10',
  warning: {
    code: 'profile-best-known',
    text:
      'Limits are those seen up to 2026-10 where there are any, else the last published table (2025-11, since withdrawn), with the official ' +
      'spend windows and caps; none of these numbers is guaranteed or current. Read your own limits in AI Studio before a real run.',
  },
  otherwise: 'unknown',
  bases: [observed, published],
  tiers: {},
};

const none: Profile = {
  name: 'none',
  asOf: null,
  warning: { code: 'profile-none', text: 'No limits at all (profile none): a real service refuses where this one answers.' },
  otherwise: 'none',
  bases: [],
  tiers: {},
};

export const PROFILES: readonly Profile[] = [published, community, observed, agentPlatform, bestKnown, none];

function dated(grade: Grade, asOf: string): (value: number | 'none') => Figure {
  return (value) => ({ value, grade, asOf });
}
