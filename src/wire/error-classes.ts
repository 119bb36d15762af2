/** What each class of answer means to the people it happens to: whose matter it is, whether to try again, what to do, what users see. */
import type { Retryable, Whose } from '../model/diagnosis.ts';
import { ERROR_CLASSES, type ErrorClass } from '../model/names.ts';

export interface ClassAdvice {
  readonly class: ErrorClass;
  /** null only for `unknown`. */
  readonly whose: Whose | null;
  readonly retryable: Retryable;
  /** The likeliest cure first. */
  readonly fix: readonly string[];
  readonly whatUsersSee: string;
}

const WAIT = 'Their image comes late, or not at all when retries give up.';
const NOTHING = 'No image for anybody until somebody acts.';
const REFUSED = 'A message instead of the image.';

const ADVICE: Readonly<Record<ErrorClass, Omit<ClassAdvice, 'class'>>> = {
  'quota.rpm': {
    whose: 'your quota',
    retryable: 'after-delay',
    fix: [
      'Pace sends below the limit per minute that the answer states, retries included.',
      'Wait the delay of the answer plus a second, not less.',
      'Spread load over a second model or project: each has a bucket of its own.',
      'Move to a higher tier.',
    ],
    whatUsersSee: WAIT,
  },
  'quota.tpm': {
    whose: 'your quota',
    retryable: 'after-delay',
    fix: [
      'Send fewer or smaller reference images and shorter prompts per minute.',
      'Wait the delay of the answer plus a second.',
      'Move to a higher tier.',
    ],
    whatUsersSee: WAIT,
  },
  'quota.ipm': {
    whose: 'your quota',
    retryable: 'after-delay',
    fix: [
      'Pace images per minute, for each model and project.',
      'Stay silent for a full minute before the next try: early retries prolong it.',
      'Ask for a higher image quota.',
    ],
    whatUsersSee: WAIT,
  },
  'quota.rpd': {
    whose: 'your quota',
    retryable: 'no',
    fix: [
      'Stop until midnight America/Los_Angeles; a short delay in the answer is not to be believed.',
      'Send what can wait through the Batch API, which does not use the daily requests.',
      'Use another model for the rest of the day.',
      'Move to a higher tier.',
    ],
    whatUsersSee: 'No image until the next Pacific midnight.',
  },
  'quota.tpd': {
    whose: 'your quota',
    retryable: 'no',
    fix: ['Stop until midnight America/Los_Angeles.', 'Send fewer input tokens per image.', 'Move to a paid or higher tier.'],
    whatUsersSee: 'No image until the next Pacific midnight.',
  },
  'quota.spend': {
    whose: 'your quota',
    retryable: 'after-delay',
    fix: [
      'Hold the cost per minute below a tenth of the 10-minute limit of the tier.',
      'Wait minutes, not seconds: the window empties within ten.',
      'Use a smaller size or a cheaper model.',
      'Move to a higher tier.',
    ],
    whatUsersSee: WAIT,
  },
  'quota.zero-limit': {
    whose: 'your quota',
    retryable: 'no',
    fix: [
      'Link a billing account: image models have no free allowance.',
      'On a paid project, look up the live limit of the model and ask for an increase.',
      'Check that the key belongs to the paid project.',
    ],
    whatUsersSee: NOTHING,
  },
  'quota.unspecified': {
    whose: 'your quota',
    retryable: 'backoff',
    fix: [
      'Send less now: back off with growing pauses and stop after a few tries.',
      'Compare your own counts with the limits to find the bucket; look at the 10-minute spend window first.',
      'Rule out a wrong file address and used-up Search grounding.',
    ],
    whatUsersSee: WAIT,
  },
  'quota.shared-capacity': {
    whose: "Google's capacity",
    retryable: 'backoff',
    fix: [
      'Back off with jitter: a shared pool is full, not your quota.',
      'Call the global endpoint or another location; behind a gateway, use your own key.',
      'Buy Provisioned Throughput when it must not happen.',
    ],
    whatUsersSee: WAIT,
  },
  'billing.monthly-cap': {
    whose: 'your money',
    retryable: 'no',
    fix: ['Raise the monthly cap at ai.studio/spend.', 'Stop until the first of the month.', 'Move to a tier with a higher cap.'],
    whatUsersSee: NOTHING,
  },
  'billing.prepay-depleted': {
    whose: 'your money',
    retryable: 'no',
    fix: ['Add credit.', 'Turn on automatic reload.', 'Stop the run at the first such answer: every further call fails too.'],
    whatUsersSee: NOTHING,
  },
  'capacity.overloaded': {
    whose: "Google's capacity",
    retryable: 'backoff',
    fix: [
      'Back off exponentially with jitter and a bounded number of tries.',
      'Fall back to another model: overload is per model.',
      'Move work that can wait to quiet hours or to the Batch API.',
    ],
    whatUsersSee: WAIT,
  },
  'server.internal': {
    whose: "Google's capacity",
    retryable: 'backoff',
    fix: ['Try again a few times with backoff.', 'If the same request keeps failing, shrink its input.', 'Use another model.'],
    whatUsersSee: WAIT,
  },
  'server.timeout': {
    whose: "Google's capacity",
    retryable: 'once',
    fix: [
      'Raise the client timeout: the SDK hands it to the server as a deadline.',
      'Ask for a smaller size or less thinking.',
      'Try once more; it may have been billed.',
    ],
    whatUsersSee: 'A long wait, then nothing.',
  },
  'server.bad-gateway': {
    whose: 'a gateway',
    retryable: 'backoff',
    fix: [
      'Try again with backoff: something between you and the API answered in its place.',
      'Look at your relay, proxy or firewall.',
      'Repeat from another network.',
    ],
    whatUsersSee: WAIT,
  },
  'client.cancelled': {
    whose: 'your client',
    retryable: 'once',
    fix: [
      'Find who closed the connection: a timeout shorter than the generation, or a user who left.',
      'Drain instead of aborting: aborted work is billed.',
    ],
    whatUsersSee: 'Nothing: their request was given up.',
  },
  'client.timeout': {
    whose: 'your client',
    retryable: 'once',
    fix: [
      'Set the timeout well above the slowest image of the size.',
      'Lower the load that makes answers slow.',
      'Ask for a smaller size.',
    ],
    whatUsersSee: 'A long wait, then nothing.',
  },
  'network.unreachable': {
    whose: 'the network',
    retryable: 'backoff',
    fix: [
      'Try again with backoff.',
      'Check name resolution, proxy and firewall.',
      'Check the base URL.',
      'Lower the number of open connections.',
    ],
    whatUsersSee: WAIT,
  },
  'auth.key-invalid': {
    whose: 'your configuration',
    retryable: 'no',
    fix: [
      'Check the key for quotes, blanks and cut ends.',
      'Check that GOOGLE_API_KEY does not win over GEMINI_API_KEY.',
      'Use the kind of credential the endpoint takes: a key or OAuth.',
      'Create a new key.',
    ],
    whatUsersSee: NOTHING,
  },
  'auth.key-expired': { whose: 'your configuration', retryable: 'no', fix: ['Renew or replace the key.'], whatUsersSee: NOTHING },
  'auth.key-leaked': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Replace the key: Google found it in public.', 'Find the leak before using the new one.'],
    whatUsersSee: NOTHING,
  },
  'auth.key-missing': {
    whose: 'your configuration',
    retryable: 'no',
    fix: [
      'Send the key: in the header x-goog-api-key to Google, as Authorization: Bearer to a gateway or an OpenAI-compatible address.',
      'Check that the environment variable reaches the process.',
    ],
    whatUsersSee: NOTHING,
  },
  'auth.key-mismatch': {
    whose: 'your configuration',
    retryable: 'no',
    fix: [
      'Use a key of the project that has the API enabled and owns the files named.',
      'Check the project id.',
      'If nothing changed on your side, a fresh key fails too and other models answer: an incident at Google, wait.',
    ],
    whatUsersSee: NOTHING,
  },
  'auth.api-blocked': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Allow the Gemini API in the restrictions of the key.', 'Wait up to 15 minutes after the change.'],
    whatUsersSee: NOTHING,
  },
  'auth.api-disabled': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Enable the API in the project of the key.', 'Wait a few minutes after enabling it.'],
    whatUsersSee: NOTHING,
  },
  'auth.iam': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Give the caller the role roles/aiplatform.user.', 'Check project id and location.', 'Wait up to 10 minutes after granting it.'],
    whatUsersSee: NOTHING,
  },
  'auth.region': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Bill through an account in a supported country.'],
    whatUsersSee: NOTHING,
  },
  'auth.billing-disabled': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Link a billing account to the project.', 'Wait a few minutes after linking it.'],
    whatUsersSee: NOTHING,
  },
  'auth.suspended': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Appeal the suspension.', 'Use a project in good standing.'],
    whatUsersSee: NOTHING,
  },
  'auth.project-denied': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Contact support about the project.', 'Use another project.'],
    whatUsersSee: NOTHING,
  },
  'auth.referrer-or-ip-blocked': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Add the calling address, site or app to the restrictions of the key.', 'Use a key meant for servers.'],
    whatUsersSee: NOTHING,
  },
  'auth.provider-block': {
    whose: 'a gateway',
    retryable: 'no',
    fix: ['Bring your own Google key to the gateway.', 'Choose another provider there.', "Write to the gateway's support, not to Google."],
    whatUsersSee: NOTHING,
  },
  'request.invalid': {
    whose: 'your configuration',
    retryable: 'no',
    fix: [
      'Correct the field that the message names.',
      'Check size and ratio against what the model offers.',
      'Leave fields out one by one until it passes.',
    ],
    whatUsersSee: 'An error for this kind of request, every time.',
  },
  'request.location-unsupported': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Call from a server in a supported region.', 'Check which address your proxy or cloud egress shows.'],
    whatUsersSee: NOTHING,
  },
  'request.free-tier-unavailable': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Link a billing account: this is not offered for free here.'],
    whatUsersSee: NOTHING,
  },
  'request.model-not-found': {
    whose: 'your configuration',
    retryable: 'no',
    fix: [
      'Use a model id that models.list returns.',
      'On the Agent Platform use location global.',
      'Check that the file or batch named still exists.',
    ],
    whatUsersSee: NOTHING,
  },
  'request.model-closed': {
    whose: 'your configuration',
    retryable: 'no',
    fix: ['Move to the successor that the message names.'],
    whatUsersSee: NOTHING,
  },
  'safety.prompt': {
    whose: 'the content filter',
    retryable: 'no',
    fix: ['Change the prompt.', 'Lower the threshold in safetySettings where that is allowed.'],
    whatUsersSee: REFUSED,
  },
  'safety.image': {
    whose: 'the content filter',
    retryable: 'once',
    fix: ['Rephrase style and setting.', 'Try once more: sampling is random, but each try uses quota.'],
    whatUsersSee: REFUSED,
  },
  'safety.prohibited': {
    whose: 'the content filter',
    retryable: 'no',
    fix: ['Change the subject: tries do not help.', 'Leave out brands, characters and personal data.'],
    whatUsersSee: REFUSED,
  },
  'safety.no-image': {
    whose: 'the content filter',
    retryable: 'once',
    fix: ['Ask for an image in so many words.', 'Request the modality IMAGE alone.', 'Rephrase: flash models refuse this way too.'],
    whatUsersSee: REFUSED,
  },
  'safety.recitation': {
    whose: 'the content filter',
    retryable: 'once',
    fix: ['Leave out named styles, characters and brands.', 'Rephrase and try once more.'],
    whatUsersSee: REFUSED,
  },
  unknown: {
    whose: null,
    retryable: 'no',
    fix: ['Give the whole answer: HTTP status and body, as they came.'],
    whatUsersSee: 'Not known.',
  },
};

export function adviceFor(errorClass: ErrorClass): ClassAdvice {
  return { class: errorClass, ...ADVICE[errorClass] };
}

export const CLASS_ADVICE: readonly ClassAdvice[] = ERROR_CLASSES.map(adviceFor);
