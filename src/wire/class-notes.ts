/** Each class of answers for somebody who met one: what it is, what to look at first, where the official page stands. */
import type { ErrorClass } from '../model/names.ts';

export interface ClassNote {
  readonly what: string;
  /** What to look at first, the quickest look first. */
  readonly check: readonly string[];
  /** Official pages only. */
  readonly links: readonly string[];
}

const DOCS = 'https://ai.google.dev/gemini-api/docs';
const LIMITS = `${DOCS}/rate-limits`;
const TROUBLE = `${DOCS}/troubleshooting`;
const BILLING = `${DOCS}/billing`;
const KEYS = `${DOCS}/api-key`;
const MODELS = `${DOCS}/models`;
const SAFETY = `${DOCS}/safety-settings`;
const SPEND = 'https://ai.studio/spend';
const PROJECTS = 'https://ai.studio/projects';
const PLATFORM_429 = 'https://cloud.google.com/vertex-ai/generative-ai/docs/error-code-429';
const PLATFORM_KEYS = 'https://cloud.google.com/docs/authentication/api-keys';
const PLATFORM_IAM = 'https://cloud.google.com/vertex-ai/docs/general/access-control';

const NOTES: Readonly<Record<ErrorClass, ClassNote>> = {
  'quota.rpm': {
    what: 'The requests per minute of this project and model are used up.',
    check: ['The limit that the answer states, beside what you send per minute, retries included.', 'Who else sends with this project.'],
    links: [LIMITS],
  },
  'quota.tpm': {
    what: 'The input tokens per minute of this project and model are used up.',
    check: ['How many tokens your prompts and reference images have.', 'Who else sends with this project.'],
    links: [LIMITS],
  },
  'quota.ipm': {
    what: 'The images per minute of this project and model are used up.',
    check: ['How many images you ask for per minute, retries included.', 'Whether clients retry within the same minute.'],
    links: [LIMITS, PLATFORM_429],
  },
  'quota.rpd': {
    what: 'The requests of the day are used up; they come back at midnight America/Los_Angeles.',
    check: ['Requests since midnight Pacific time, failed ones included.', 'Whether a retry loop ate the day.'],
    links: [LIMITS, `${DOCS}/batch-api`],
  },
  'quota.tpd': {
    what: 'The input tokens of the day are used up; they come back at midnight America/Los_Angeles.',
    check: ['Tokens since midnight Pacific time.', 'Whether the project is on the free tier by mistake.'],
    links: [LIMITS],
  },
  'quota.spend': {
    what: 'The billing account spent faster than its tier allows in ten minutes. Every model and project on it waits.',
    check: [
      'Images times price over the last ten minutes, of all projects on the billing account.',
      'Whether 4K or thinking made the images dearer.',
    ],
    links: [LIMITS, BILLING],
  },
  'quota.zero-limit': {
    what: 'The allowance for this model is 0: nothing ran out, nothing was ever allowed.',
    check: ['Whether the project of this very key has billing.', 'The live limit of this model in AI Studio.'],
    links: [LIMITS, PROJECTS, BILLING],
  },
  'quota.unspecified': {
    what: 'A 429 that names no quota.',
    check: [
      'Money first: the spend of the last ten minutes, prepaid credit, monthly cap.',
      'Then your own requests, tokens and images per minute and per day against the live limits.',
      'Whether the key is new, Search grounding is used up, or a file address is wrong: each gives this sentence too.',
    ],
    links: [LIMITS, SPEND],
  },
  'quota.shared-capacity': {
    what: 'A pool that many customers share is full. It is a 429, yet not about a limit of yours.',
    check: ['Whether your own counts are below your limits.', 'Behind a gateway: whether it used your key or its own.'],
    links: [PLATFORM_429],
  },
  'billing.monthly-cap': {
    what: 'The monthly spending cap is reached. Every call fails until it is raised or the month ends.',
    check: ['The cap of the project and that of the billing account: there are two.'],
    links: [SPEND, BILLING],
  },
  'billing.prepay-depleted': {
    what: 'The prepaid credit is spent. It comes as 429 or 402.',
    check: ['The balance: at Google, or at the gateway when one answered.', 'Whether automatic reload is on and its card works.'],
    links: [`${BILLING}#prepay`, SPEND],
  },
  'capacity.overloaded': {
    what: 'The model is overloaded. This is not a quota: a higher tier does not cure it.',
    check: ['Whether another model answers now.', "Google's status page."],
    links: ['https://aistudio.google.com/status', TROUBLE],
  },
  'server.internal': {
    what: 'Something broke inside the service.',
    check: ['Whether the same request fails every time: then its input is too long or odd.', 'Whether other requests pass.'],
    links: [TROUBLE],
  },
  'server.timeout': {
    what: 'The service did not finish in time. Large images and much thinking are the usual reasons.',
    check: ['Size and thinking of the request: 4K takes longest.', 'Your client timeout: the SDK sends it along as a deadline.'],
    links: [TROUBLE],
  },
  'server.bad-gateway': {
    what: 'Something between you and the API answered in its place, often with a page for people.',
    check: ['Which host the page names: a proxy, a relay, a firewall or Google.', 'The base URL.'],
    links: [TROUBLE],
  },
  'client.cancelled': {
    what: 'Your side closed the connection before the answer.',
    check: ['Timeouts of client, proxy, function or load balancer.', 'Whether users leave the page.'],
    links: [TROUBLE],
  },
  'client.timeout': {
    what: 'Your client stopped waiting.',
    check: ['The timeout beside the usual time of this size.', 'How many calls run at once.'],
    links: [TROUBLE],
  },
  'network.unreachable': {
    what: 'No answer came: the connection failed on the way.',
    check: ['Name resolution and proxy from this machine.', 'The base URL.', 'How many connections are open.'],
    links: [TROUBLE],
  },
  'auth.key-invalid': {
    what: 'The credential is not one that this endpoint takes.',
    check: [
      'Length and ends of the key as the process sees it.',
      'Which of GOOGLE_API_KEY and GEMINI_API_KEY is set: the first one wins.',
      'Whether an OAuth token went to the Gemini API, or a key to a place that wants OAuth.',
    ],
    links: [KEYS],
  },
  'auth.key-expired': {
    what: 'The key or token has expired.',
    check: ['Its date of expiry, and the clock of the machine.'],
    links: [KEYS],
  },
  'auth.key-leaked': {
    what: 'Google found the key in public and switched it off.',
    check: ['Public repositories, web bundles and app packages for the key.', 'Spend since the leak.'],
    links: [KEYS, TROUBLE],
  },
  'auth.key-missing': {
    what: 'The call came without a credential.',
    check: ['Whether the environment variable reaches this process.', 'Whether a proxy drops the header.'],
    links: [KEYS],
  },
  'auth.key-mismatch': {
    what: 'The key or token is real, yet may not do this: another project, another scope, or a file of somebody else.',
    check: ['Whether models.list works with the same key.', 'Which project the key belongs to.', 'Whether another model answers.'],
    links: [KEYS, TROUBLE],
  },
  'auth.api-blocked': {
    what: 'The restrictions of the key leave this API out.',
    check: ['API restrictions of the key in the Cloud console.'],
    links: [PLATFORM_KEYS],
  },
  'auth.api-disabled': {
    what: 'The API is not enabled in the project of the key.',
    check: ['Which project the message names: it is that of the key, not always the one you think of.'],
    links: ['https://console.cloud.google.com/apis/library/generativelanguage.googleapis.com', KEYS],
  },
  'auth.iam': {
    what: 'The caller lacks a role on the project (Agent Platform).',
    check: ['Which account calls: that of the environment, not yours.', 'Project id and location in the path.'],
    links: [PLATFORM_IAM],
  },
  'auth.region': {
    what: 'The country of the billing account, or a location policy, shuts this out.',
    check: ['The country of the billing account: that of the server does not matter here.'],
    links: [`${DOCS}/available-regions`],
  },
  'auth.billing-disabled': {
    what: 'The project has no billing account, and this needs one.',
    check: ['Whether billing is linked to the project that the message names, and is open.'],
    links: [BILLING],
  },
  'auth.suspended': {
    what: 'Google suspended the project or account.',
    check: ['Mail to the owners of the project.', 'Overdue bills.'],
    links: ['https://cloud.google.com/resource-manager/docs/project-suspension-guidelines'],
  },
  'auth.project-denied': {
    what: 'Google denies this project access, not this key: a fresh key of it fails too.',
    check: ['Mail to the owners of the project.', 'Whether a key of another project passes.'],
    links: [TROUBLE],
  },
  'auth.referrer-or-ip-blocked': {
    what: 'The restrictions of the key leave out this site, address or app.',
    check: ['Application restrictions of the key, and which address your egress shows.'],
    links: [PLATFORM_KEYS],
  },
  'auth.provider-block': {
    what: 'Google blocks the gateway that you call through, or its account there.',
    check: ["The gateway's status page, and whether its other providers of the model answer."],
    links: ['https://openrouter.ai/docs', TROUBLE],
  },
  'request.invalid': {
    what: 'The request itself is wrong.',
    check: ['The field that the message names.', 'Whether model and API version have it.'],
    links: [`${DOCS}/image-generation`, TROUBLE],
  },
  'request.location-unsupported': {
    what: 'The call comes from a place where this is not offered.',
    check: ['The address that your egress, VPN or edge function shows.'],
    links: [`${DOCS}/available-regions`],
  },
  'request.free-tier-unavailable': {
    what: 'This is not offered for free, here or at all.',
    check: ['Whether the project of this very key has billing.'],
    links: [BILLING, `${DOCS}/available-regions`],
  },
  'request.model-not-found': {
    what: 'No such model, file or batch for this key, API version or location.',
    check: ['The id against models.list, letter by letter.', 'The API version (v1 or v1beta) and, on the Agent Platform, the location.'],
    links: [MODELS],
  },
  'request.model-closed': {
    what: 'The model was shut down or is closed to this project.',
    check: ['The list of deprecations for its successor.'],
    links: [`${DOCS}/deprecations`, MODELS],
  },
  'safety.prompt': {
    what: 'The filter that settings reach refused the prompt (first layer).',
    check: ['safetyRatings of the answer: which category.', 'Whether safetySettings reach the request.'],
    links: [SAFETY],
  },
  'safety.image': {
    what: 'A picture was made and withheld by the filter that no setting reaches (second layer).',
    check: ['Persons, brands and wounds in prompt or reference image.'],
    links: [SAFETY, `${DOCS}/image-generation`],
  },
  'safety.prohibited': {
    what: 'The filter that no setting reaches refused the subject (second layer).',
    check: ['Real persons, minors, characters and brands in prompt or reference image.'],
    links: [SAFETY, 'https://policies.google.com/terms/generative-ai/use-policy'],
  },
  'safety.no-image': {
    what: 'An answer without a picture and without an error.',
    check: ['Whether the request asks for the modality IMAGE.', 'What the text of the answer says, if any.'],
    links: [`${DOCS}/image-generation`],
  },
  'safety.recitation': {
    what: 'The picture came too near to a known work and was withheld.',
    check: ['Named works, styles and artists in the prompt.'],
    links: [SAFETY],
  },
  unknown: {
    what: 'Nothing in it belongs to the Gemini image APIs.',
    check: ['Whether the whole answer was given: status, headers and body.'],
    links: [TROUBLE],
  },
};

export function noteFor(errorClass: ErrorClass): ClassNote {
  return NOTES[errorClass];
}

const WAVE = [
  "A wave on Google's side starts suddenly without a change of yours, hits one model while others answer, many report it at once, and a fresh key fails too.",
  'Your own mistake is there from the first call or from your last change, hits every model, and a key of another project passes.',
  'After a fix, keys take 1 to 3 minutes and IAM up to 10: judge after 15.',
];

/** How to tell a wave of 403s from a mistake of one's own; nothing for classes that leave no doubt. */
export function waveSigns(errorClass: ErrorClass): readonly string[] {
  switch (errorClass) {
    case 'auth.key-mismatch':
    case 'auth.project-denied':
    case 'auth.iam':
    case 'auth.provider-block':
      return WAVE;
    case 'auth.api-blocked':
    case 'auth.api-disabled':
    case 'auth.billing-disabled':
    case 'auth.referrer-or-ip-blocked':
    case 'auth.region':
      return WAVE.slice(2);
    default:
      return [];
  }
}

/** What only the person before the gateway can answer. */
export const GATEWAY_QUESTIONS: readonly string[] = [
  "Your own key at the gateway, or the gateway's pool?",
  'One model, or all of them?',
  'Which provider name does the answer show: Google AI Studio, Vertex, or none?',
];
