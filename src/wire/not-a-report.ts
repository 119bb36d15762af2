/** Texts that speak of errors without being one: source code that handles them, and prose that explains, plans or buries them. */
import { type Case, speaksLikeGoogle } from './case.ts';
import { isSourceCode } from './source-code.ts';

/** What such a text is, and what is missing; null for everything else. Of doubt this makes no use: then it is an error. */
export function notAReport(one: Case, body: string): string | null {
  if (isSourceCode(one, body)) return 'source code, not what it printed; missing: the error that it met';
  if (isSpecification(body) || mapsMessages(body))
    return 'what is to be said or done of errors, not one; missing: an answer, a status, a log line';
  if (namesMany(body)) return 'a list of reasons, not one that was met; missing: the answer';
  if (isTaskList(body)) return 'a list of tasks, not an error; missing: an answer, a status, a log line';
  if (isChange(body)) return 'a line of what changed, not an error; missing: an answer, a status, a log line';
  if (isDocument(body) && !speaksLikeGoogle(one)) return 'a document that speaks of errors; missing: an answer, a status, a log line';
  if (isSettled(body)) return 'a report that something works; missing: an error that is still met';
  if (isExplanation(body)) return 'an explanation of errors, not one; missing: an answer, a status, a log line';
  return null;
}

const CHANGE =
  /^\s*(?:#+ |[-*] )?(?:(?:release|version) v?\d+\.\d+|v\d+\.\d+\.\d+\b|\[?\d+\.\d+\.\d+\]?(?: [-(]|\s*\n\s*[-*#]|$)|(?:feat|fix|chore|docs|refactor|perf|test|build|ci)(?:\([^)\n]{1,60}\))?!?: )/i;

/** The title of a commit or an entry of a changelog. */
function isChange(body: string): boolean {
  return body.length < 2000 && CHANGE.test(body) && !/["{}]|\d{2}:\d{2}:\d{2}/.test(body);
}

const NAMES_MIN = 3;
const NAMES =
  /(["'`])(SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|LANGUAGE|OTHER|STOP|MAX_TOKENS|NO_IMAGE|IMAGE_[A-Z_]{4,20}|MALFORMED_FUNCTION_CALL|FAILED_PRECONDITION|RESOURCE_EXHAUSTED|UNAVAILABLE|DEADLINE_EXCEEDED|INVALID_ARGUMENT|PERMISSION_DENIED)\1/g;

/** An answer gives one reason, and one status; who writes several beside each other tells them apart. */
function namesMany(body: string): boolean {
  return !/\d{2}:\d{2}:\d{2}/.test(body) && new Set([...body.matchAll(NAMES)].map(([, , name]) => name)).size >= NAMES_MIN;
}

/** A scenario in plain words, a rule for an alert, the answers that an interface may give. */
function isSpecification(body: string): boolean {
  return (
    /^\s*-?\s*alert: .*\n\s*expr: |^\s*["']?[45]\d\d["']?:\s*\n\s*description: /m.test(body) || (body.match(STEP)?.length ?? 0) >= STEPS_MIN
  );
}

const STEPS_MIN = 3;
const STEP = /^\s*(?:Feature: |Scenario(?: Outline)?: |Given |When |Then |And )\S/gm;

const PAIR =
  /^\s*["']?(?!(?:message|status|reason|error|code|details?|domain|service|method|type|@type)\b["']?\s*[:=])[\w.-]{1,80}["']?\s*(?::|=>?)\s*["'`].{1,300}["'`][,;]?\s*$/gm;
const KINDS = [
  /quota|rate limit|too many/i,
  /api.?key/i,
  /overload|high demand|unavailable/i,
  /safety|blocked|polic/i,
  /permission|denied/i,
  /time(?:d )?-?out/i,
];
const KINDS_MIN = 3;
const PAIRS_MIN = 3;

/** Which words a program has for which error: each line another kind. */
function mapsMessages(body: string): boolean {
  const pairs = body.match(PAIR) ?? [];
  const kinds = pairs.map((pair) => KINDS.findIndex((kind) => kind.test(pair))).filter((kind) => kind >= 0);
  return pairs.length >= PAIRS_MIN && kinds.length >= PAIRS_MIN && new Set(kinds).size >= KINDS_MIN;
}

/** What is to be done about errors, or was. */
function isTaskList(body: string): boolean {
  return (
    body.trim() !== '' &&
    body.split('\n').every((line) => /^\s*(?:[-*] \[[ xX]\] |(?:\/\/|#|\*|--)?\s*(?:TODO|FIXME|XXX|HACK)\b|$)/.test(line))
  );
}

const HEADING = /^#{1,5} \S/m;
const OF_LIST = /^\s*(?:#{1,5} |[-*+] |\d{1,3}[.)] |\||>|\*\*|$)|^\s{2,}\S/;
const MET_BY_SOMEBODY =
  /\d{2}:\d{2}:\d{2}|^\s*[{[]|\b(?:i|my|we|our|me|since|today|yesterday|suddenly|getting|keeps|what happened|expected|steps to|reproduce|bug|actual|log|logs|output)\b|\b(?:finish_?reason|block_?reason|error|status|code)\*{0,2} ?[:=]/im;

/** Headings and lists under them, and nobody who met anything. */
function isDocument(body: string): boolean {
  return HEADING.test(body) && !MET_BY_SOMEBODY.test(body) && body.split('\n').every((line) => OF_LIST.test(line));
}

const SETTLED_CHARS_MAX = 400;

const OVER =
  /\b(?:[45]\d\ds?|errors?|problems?|issues?) (?:is|are|was|were|has been|have been) (?:gone|fixed|resolved|solved)\b|\bworks? (?:fine|great|again|now|well|perfectly)\b/gi;

/** Somebody says that it is over, and of nothing that is not. */
function isSettled(body: string): boolean {
  if (body.length > SETTLED_CHARS_MAX || body.search(OVER) < 0) return false;
  return !/["{}]|\d{2}:\d{2}:\d{2}|\b[45]\d\d\b|\w_\w|\b(?:errors?|fail\w*|not|but|still|however|except|yet|until|when|then|sometimes|other)\b|n't\b/i.test(
    body.replace(OVER, ''),
  );
}

const EXPLAINS =
  /\b(?:if you|when you|you (?:should|can|may|must|need|will|could)|learn more|how (?:do|can|to|should|does)|(?:is|are) (?:measured|reset|applied|enforced|counted)|reset at|best practices?|we recommend|it is recommended|for example|means that|in this (?:guide|tutorial|article|post)|what is|what are|make sure|typically|usually|generally|depends on|limits how many|per project, not|the following|this guide|fall into|categories|caused by|start by|once (?:it is )?(?:hit|reached)|quick ?start|create an? (?:\w+ )?key|run the script|fails? fast|set (?:it )?below|protects|verify (?:that|billing)|there are (?:two|three|four|several)|represents?)\b/gi;
/** What happened, and to whom: explanations know neither a past nor a first person, and quote no error. */
const REPORTS =
  /\b(?:was|were|has been|have been|had|unable to|could not|did not|i|we|my|our|me|us|i'm|i've|we're)\b|error(?: code)?\s*:|exception|traceback|\bfailed\b|\bfailing\b|["'{}[\]]\s*error|status\s*[:=]|\battempt \d|retrying|\b(?:fix|solve|resolve|getting)\b|quota exceeded for|you (?:have )?exceeded your|has been exhausted|is (?:currently )?overloaded|high demand|pass a valid|please (?:re)?try|https?:\/\/\S+googleapis|["{}]|\d{4}-\d{2}-\d{2}/i;
const EXPLANATIONS_MIN = 2;
const SHORT_CHARS = 60;

function isExplanation(body: string): boolean {
  if (body.length < SHORT_CHARS || body.length > 20_000) return false;
  if (isTable(body) || isGuide(body)) return true;
  if (MANUAL.test(body) && !/\d{2}:\d{2}:\d{2}|\b(?:i|my|we|i'm|i've)\b|^\s*[{[]/im.test(body)) return true;
  if (!REPORTS.test(body) && /\bdifference between\b|\bas opposed to\b/i.test(body)) return true;
  return (!REPORTS.test(body) || tellsMeaning(body)) && (body.match(EXPLAINS)?.length ?? 0) >= EXPLANATIONS_MIN;
}

/** It quotes the error to say what it stands for, and nobody met it. */
function tellsMeaning(body: string): boolean {
  return (
    /\b(?:usually|typically|generally|often|always) (?:means|indicates)\b/i.test(body) &&
    !/\d{2}:\d{2}:\d{2}|["{}]|\b(?:i|my|we|our|me|i'm|i've)\b/i.test(body)
  );
}

/** A manual's heading, or its words `**Solution**:` again and again. */
const MANUAL =
  /^#{1,5} *(?:\S+ )?(?:troubleshooting|error handling|common (?:errors|issues|problems)|faq)\b|(?:^\s*(?:[-*] )?\*\*(?:solution|fix|cause|resolution|workaround)s?:?\*\*[\s\S]{0,2000}){2}/im;

const GUIDE =
  /\b(?:(?:likely|common|possible) causes?|this (?:guide|article|post|tutorial)|proven solutions?|checklist|step[- ]by[- ]step|tl;?dr|why (?:it|this) happens|how to fix (?:it|this)|retry guidance|troubleshooting (?:guide|steps)|quick fix|accounts? for|fall into|typically|covers (?:all|every)|failure modes?|free tier: |upgrade to|roughly \d+%)|\|\s?(?:recovery|remedy|solution|what to do|description|meaning|example|cause|issue|symptom|problem|fix|when)\s?(?=\|)|\*\*(?:solution|fix|cause|why|resolution|workaround|symptom)s?:?\*\*/gi;

/** A page that teaches, told by its headings; what it quotes of an error was not met by anybody. */
function isGuide(body: string): boolean {
  if (/\d{2}:\d{2}:\d{2}|["{}]|\b(?:i|my|we|our|me|i'm|i've)\b/i.test(body)) return false;
  return new Set(body.match(GUIDE)?.map((heading) => heading.toLowerCase())).size >= EXPLANATIONS_MIN;
}

const CODES_MIN = 4;

/** Many different codes, and none of them at any time: what each of them means. */
function isTable(body: string): boolean {
  if (/\d{2}:\d{2}:\d{2}|["{}]/.test(body)) return false;
  return new Set(body.match(/(?<![\w.])(?:4\d\d|50\d)(?![\w.]\d)\b/g)).size >= CODES_MIN;
}
