/** Whether a text is part of a program rather than what it printed: then the errors in it are looked for, or made up for a test. */
import type { Case } from './case.ts';

export function isSourceCode({ reading }: Case, body: string): boolean {
  const isStructured = reading.hasError || reading.hasResult || reading.statuses.length > 0 || reading.finishReasons.length > 0;
  return isProgram(body) || ((!isStructured || isHandling(body)) && isMostlyCode(body));
}

const LINES_MAX = 400;
const CODE_SHARE_MIN = 0.5;
const CODE =
  /^\s*(?:import\s[\w{*'"]|from\s\S+\simport\s|case\s.{1,300}:|default\s*:|(?:export\s+)?(?:default\s+)?(?:async\s+)?(?:const|let|var|function|class|interface|type|enum)\s+[\w${[]|(?:async\s+)?def\s+\w+\(|(?:pub\s+)?fn\s+\w+|func\s+[\w(]|(?:public|private|protected|static|final|override)\s+\w|(?:\}\s*)?(?:else\s+)?(?:if|for|while|switch|catch|elif|when)\s*\(?[^"]{1,300}[{:]\s*$|(?:try|finally|else|do)\s*[{:]\s*$|(?:except|rescue)\b[^"]{0,200}:?\s*$|(?:return|puts|echo|begin|end|require)\b|(?:throw new|raise)\s|await\s|@\w+(?:\(|$)|\(["'].{1,300}|#\s\w|\/\/|\/?\*|[})\]]+[;,)]*\s*$|[\w.$]{1,60}\s*(?:=|\+=|:=)\s*\S|[\w.$]{1,80}\([^)]{0,200}\)\s*[;{]?\s*$|.{1,300}[;{]\s*$)/;
/** What only programs that ran print. */
const PRINTED =
  /traceback \(most|^[A-Z]\w{2,60}: [45]\d\d\s|^\s+at \S+ ?\(|^\s*file "[^"]+", line \d|^\S*(?:error|exception)\b[^=(]{0,60}:\s|^caused by:|^panic:|^goroutine \d|^\s*"?(?:error|message|status|code)"?\s*:\s|^http\/\d|\b\d{2}:\d{2}:\d{2}\b|^\[?(?:error|warn(?:ing)?|info|debug|fatal)\b/im;

function isMostlyCode(body: string): boolean {
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

const STATEMENTS_MIN = 3;
const STATEMENT =
  /^\s*(?:(?:async )?def \w+\(|class \w+.{0,80}[:{]\s*$|(?:el)?if .{1,200}[:{]\s*$|else\s*[:{]\s*$|for .{1,200} in .{1,200}:\s*$|try\s*[:{]|except\b.{0,200}:\s*$|return\b|raise \w|throw new \w|\}?\s*catch\s*\(|(?:export )?(?:async )?function\b|(?:const|let|var) [\w{[].{0,80}=|import .{1,80}from |from \S+ import |monkeypatch\.|await \w|[\w.]{1,80}\[[^\]]{1,60}\] = \S|[\w.$]{1,80}\([^)]{0,200}\);?\s*$|<\/[A-Z]\w*>\s*$)/;
/** What stands at the beginning of a line that a program printed. */
const OUTPUT =
  /traceback \(most|^\s+at \S+ ?\(|^\s*file "[^"]+", line \d|^\S*(?:error|exception)\b[^=(]{0,60}:\s|^caused by:|^http\/\d|\b\d{2}:\d{2}:\d{2}\b|^\[?(?:error|warn(?:ing)?|info|debug|fatal)\b|^panic:|^goroutine \d|\.(?:go|java|kt|rb|php|dart):\d|^#\d+\s/im;

/** Several statements and no output: what stands in it of an error was written by hand. */
function isProgram(body: string): boolean {
  if (OUTPUT.test(body)) return false;
  return body.split('\n', LINES_MAX).filter((line) => STATEMENT.test(line)).length >= STATEMENTS_MIN;
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
