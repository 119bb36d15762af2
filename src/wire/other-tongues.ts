/** What tools in other languages write around an answer, or in its place. Read only of texts that are about these APIs. */
import type { ErrorClass } from '../model/names.ts';
import type { Case } from './case.ts';
import { type Finding, low } from './finding.ts';

/** In the order Chinese, Japanese, Korean, Russian, then the languages of Latin script. */
const WORDS: readonly (readonly [RegExp, ErrorClass])[] = [
  [
    /余额不足|额度不足|餘額不足|欠费|残高不足|잔액 ?부족|недостаточно средств|saldo insuficiente|guthaben (?:auf|er)|solde insuffisant/,
    'billing.prepay-depleted',
  ],
  [
    /无可用渠道|無可用渠道|过载|過載|繁忙|過負荷|混雑|과부하|혼잡|перегруж|sobrecargad|sobrecarregad|überlastet|surcharg/,
    'capacity.overloaded',
  ],
  [
    /令牌无效|无效的令牌|密钥无效|无效的密钥|api ?key ?无效|apiキーが(?:無効|正しく)|api ?키가 ?(?:유효하지|잘못)|неверный (?:api[- ]?)?ключ|недействительн\S* ключ|clave (?:de api )?(?:no es )?(?:no válida|inválida)|chave (?:de api )?inválida|ungültiger? (?:api[- ]?)?schlüssel|clé (?:d'?api )?(?:invalide|non valide)/,
    'auth.key-invalid',
  ],
  [
    /地区不支持|所在地区|地域では利用|지역에서 ?(?:지원|사용)|регион\S* не поддерж|ubicación no (?:es )?compatible|localização não|standort wird nicht|région non/,
    'request.location-unsupported',
  ],
  [
    /违规|敏感(?:词|内容)|安全(?:策略|过滤)|违反.{0,12}政策|ポリシー違反|安全フィルタ|ブロックされ|차단(?:됨|되)|안전 ?필터|заблокирован\S* фильтр|bloquead[oa] por|blockiert durch|bloquée? par/,
    'safety.prompt',
  ],
  [
    /配额|限流|频率(?:限制|过高)|请求过多|已饱和|超出限制|頻率|レート制限|割り当て|クォータ|上限に達|할당량|한도 ?초과|요청이 ?너무 ?많|квот|превышен\S* лимит|слишком много запросов|cuota|límite (?:de|excedid)|demasiadas solicitudes|\bcota\b|limite (?:de requisi|excedid|atingid)|kontingent|zu viele anfragen|limit überschritten|trop de requêtes|limite (?:de débit|dépassée|atteinte)/,
    'quota.unspecified',
  ],
  [
    /超时|超時|タイムアウト|시간 ?초과|тайм-?аут|время ожидания|tiempo de espera|tempo (?:limite|esgotado)|zeitüberschreitung|délai (?:d'attente|dépassé)/,
    'client.timeout',
  ],
  [
    /权限不足|没有权限|無權限|権限があ|アクセス拒否|권한이 ?없|доступ запрещ|нет доступа|permiso denegado|sin permiso|permissão negada|acesso negado|zugriff verweigert|keine berechtigung|accès refusé/,
    'auth.key-mismatch',
  ],
  [
    /模型不存在|找不到模型|模型未找到|モデルが見つか|모델을 ?찾을|модель не найдена|modelo no (?:encontrado|existe)|modelo não encontrado|modell nicht gefunden|modèle introuvable/,
    'request.model-not-found',
  ],
  [
    /连接失败|网络错误|無法連接|无法连接|接続できま|ネットワークエラー|네트워크 ?오류|연결할 ?수 ?없|ошибка сети|не удалось подключиться|error de (?:red|conexión)|erro de (?:rede|conexão)|netzwerkfehler|verbindung fehlgeschlagen|erreur réseau/,
    'network.unreachable',
  ],
];

/** The class that the words of another language tell; never surer than `low`. */
export function inAnotherTongue({ ours, relayed, reading, text }: Case): Finding | null {
  if ((!ours && !relayed) || reading.hasResult) return null;
  for (const [words, errorClass] of WORDS) {
    const found = words.exec(text)?.[0];
    if (found !== undefined) return low(errorClass, `the words "${found}"`);
  }
  return null;
}
