/** Whether a lost connection is all that a text tells: then it may be one to these APIs; beside the name of another matter it is that one's. */

/** What libraries of all languages say of connections, and the words that any error line holds. */
const PLAIN =
  /\b(?:an?|the|of|for|on|in|at|to|from|by|and|or|is|was|were|be|been|has|have|had|as|it|its|this|that|your|my|i|we|with|without|after|before|while|during|due|please|again|later|try(?:ing)?|could|can|cannot|did|does|do|not|no|error\w*|err|exception\w*|warn\w*|info|fatal|debug|critical|level|msg|message|code|errno|os|syscall|type|caus\w+|stack|traceback|most|recent|call|last|file|line|module|raise\w*|return\w*|await|async|fail\w*|fetch\w*|request\w*|response\w*|respond\w*|reply|answer\w*|read\w*|writ\w+|send\w*|sent|receiv\w+|connect\w*|disconnect\w*|connection\w*|socket\w*|hang|up|reset|refused|clos\w+|abort\w*|terminat\w*|cancel\w*|lost|broken|pipe|peer|remote\w*|host\w*|server\w*|service|client\w*|network|internet|net|web|time|timed|time-?out\w*|out|deadline|operation|tls|ssl\w*|x509|certificate\w*|verif\w+|self|signed|chain|unable|issuer|authority|handshake\w*|resol\w+|look-?up|dns|name|temporary|nodename|servname|known|getaddrinfo|dial|tcp|udp|http\w*|url|uri|port|address\w*|ipv[46]|unreachable|unavailable|unknown\w*|proxy\w*|tunnel\w*|econn\w*|etimedout|enotfound|eai\w*|epipe|ehost\w*|enet\w*|und|undici|unexpected|eof|end|stream\w*|chunk\w*|incomplete\w*|protocol\w*|other|side|node|internal|deps|node_modules|task\w*|process\w*|emit\w*|tick|queues?|typeerror|urllib3?|requests|httpx|httpcore|aiohttp|okhttp\w*|axios\w*|gaxios\w*|reqwest|hyper|java\w*|io|util|concurrent|lang|python\d*|lib|usr|site|packages|library|openai|google|gaia|apis?|max|retries|exceeded|attempt\w*|retr\w+|bytes?|data|pool|ms|milliseconds?|seconds?|minutes?|all|any|last|got|gets?|getting|post|null|none|nil|undefined|true|false|user|new|object|route|images?|pictures?|generat\w*|models?|prompts?|jobs?|workers?|batch|curl|openssl|schannel)\b/gi;
const OTHER_LETTERS_MAX = 12;
/** One's own machine runs many things; which of them refused, only a name tells. */
const LOOPBACK = /\blocalhost\b|\b127\.\d|\[::1\]|\b0\.0\.0\.0\b/;

/** Where the languages' own libraries were: whose call it was, their frames do not tell. */
const LIBRARY_FRAMES =
  /\bat (?:async )?(?:[\w$.<>]{1,80} (?:\[as \w{1,40}\] )?\(node:[^)]{1,120}\)|node:\S{1,120})|\bat (?:java\.base|javax?|jdk|sun|okhttp3|okio)[./][\w.$/<>]{1,200}\([^)]{1,120}\)|\bfile "[^"]{0,200}\/(?:httpx|httpcore|urllib3|requests|aiohttp|anyio|asyncio|http)\/[^"]{1,100}", line \d{1,6}, in \w{1,80}.{0,200}?(?=\bfile "|\b[\w.]{0,80}(?:error|exception|timeout)\b: |$)/g;

export function tellsOnlyOfTheConnection(text: string): boolean {
  if (LOOPBACK.test(text)) return false;
  return (
    text
      .replace(LIBRARY_FRAMES, ' ')
      .replace(PLAIN, ' ')
      .replace(/\b\w\b|[^\p{L}]/gu, '').length <= OTHER_LETTERS_MAX
  );
}
