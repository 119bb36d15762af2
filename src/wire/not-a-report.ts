/** Texts that speak of errors without being one: source code that handles them, and prose that explains them. */
import type { Case } from './case.ts';

/** What such a text is, and what is missing; null for everything else. Of doubt this makes no use: then it is an error. */
export function notAReport({ reading }: Case, body: string): string | null {
  const isStructured = reading.hasError || reading.hasResult || reading.statuses.length > 0 || reading.finishReasons.length > 0;
  if ((!isStructured || isHandling(body)) && isSourceCode(body)) return 'source code, not what it printed; missing: the error that it met';
  if (namesMany(body)) return 'a list of reasons, not one that was met; missing: the answer';
  if (isTaskList(body)) return 'a list of tasks, not an error; missing: an answer, a status, a log line';
  if (isChange(body)) return 'a line of what changed, not an error; missing: an answer, a status, a log line';
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

/** What is to be done about errors, or was. */
function isTaskList(body: string): boolean {
  return (
    body.trim() !== '' &&
    body.split('\n').every((line) => /^\s*(?:[-*] \[[ xX]\] |(?:\/\/|#|\*|--)?\s*(?:TODO|FIXME|XXX|HACK)\b|$)/.test(line))
  );
}

const LINES_MAX = 400;
const CODE_SHARE_MIN = 0.5;
const CODE =
  /^\s*(?:import\s[\w{*'"]|from\s\S+\simport\s|case\s.{1,300}:|default\s*:|(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:const|let|var|function|class|interface|type|enum)\s+[\w${[]|(?:async\s+)?def\s+\w+\(|(?:pub\s+)?fn\s+\w+|func\s+[\w(]|(?:public|private|protected|static|final|override)\s+\w|(?:\}\s*)?(?:else\s+)?(?:if|for|while|switch|catch|elif|when)\s*\(?[^"]{1,300}[{:]\s*$|(?:try|finally|else|do)\s*[{:]\s*$|(?:except|rescue)\b[^"]{0,200}:?\s*$|(?:return|puts|echo|begin|end|require)\b|(?:throw new|raise)\s|await\s|@\w+(?:\(|$)|\(["'].{1,300}|#\s\w|\/\/|\/?\*|[})\]]+[;,)]*\s*$|[\w.$]{1,60}\s*(?:=|\+=|:=)\s*\S|[\w.$]{1,80}\([^)]{0,200}\)\s*[;{]?\s*$|.{1,300}[;{]\s*$)/;
/** What only programs that ran print. */
const PRINTED =
  /traceback \(most|^[A-Z]\w{2,60}: [45]\d\d\s|^\s+at \S+ ?\(|^\s*file "[^"]+", line \d|^\S*(?:error|exception)\b[^=(]{0,60}:\s|^caused by:|^\s*"?(?:error|message|status|code)"?\s*:\s|^http\/\d|\b\d{2}:\d{2}:\d{2}\b|^\[?(?:error|warn(?:ing)?|info|debug|fatal)\b/im;

function isSourceCode(body: string): boolean {
  if (PRINTED.test(body)) return false;
  const lines = body
    .split('\n', LINES_MAX)
    .map((line) => line.replace(/^[+-](?=\s)/, ''))
    .filter((line) => line.trim() !== '');
  const code = lines.filter((line) => CODE.test(line)).length;
  if (lines.length === 1) return ONE_LINE_OF_CODE.test(lines[0] ?? '');
  if (lines.filter((line) => IMPORT.test(line)).length >= 2) return true;
  return lines.length > 1 && code >= 2 && code / lines.length >= CODE_SHARE_MIN;
}

const IMPORT = /^\s*(?:import [\w{*'"]|from \S{1,80} import |const .{1,80} = require\(|use \w+::|using \w+(?:\.\w+)*;|#include )/;

const ONE_LINE_OF_CODE =
  /^\s*(?:(?:\}\s*)?(?:if|while|catch|else if)\s*\(.{1,300}\)\s*\{|(?:const|let|var|import|export|def|function|except|from \S+ import)\s.{0,300}[;{:)]\s*$|match\s.{1,60}\{.{0,300}=>|case\s.{1,300}:\s*(?:return|throw|break)\b|(?:throw new|raise)\s\w+\(|assert\s.{1,300}(?:==|!=|\bin\b)|assert\w*\(|expect\(.{1,300}\)\.|(?:it|test|describe)\(['"`])/;

const DECIDES =
  /^\s*(?:\}\s*)?(?:el(?:se\s+)?)?(?:if|catch|case|switch|except|match|when|rescue)\b.{0,300}[{:(,]\s*$|\b(?:toThrow|toBe\w*|toContain|mock\w*|stubGlobal|monkeypatch|includes)\(/m;
/** Where programs make up an answer: `raise APIError(503, {'error': …`. */
const MADE_UP = /^\s*(?:raise|throw|return|yield|const|let|var|await|self\.\w+\s*=|\w+\s*=)\b.*$/gm;

/** It asks what an answer holds or makes one up, and holds none that came. */
function isHandling(body: string): boolean {
  return DECIDES.test(body) && !/["'](?:error|candidates|promptFeedback)["']\s*:/.test(body.replace(MADE_UP, ''));
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
