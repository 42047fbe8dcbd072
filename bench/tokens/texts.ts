import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Texts of several kinds and languages, long enough for sessions of ten turns. */
export type Texts = Readonly<Record<string, string>>

const read = (folder: string, end: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end) && !name.includes('test'))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n')

const CHINESE = [
  '网关收到请求以后，先检查密钥，再决定由哪个账号来回答。',
  '如果上游拒绝了某个字段，网关会去掉它并重新发送，客户端只看到一个正确的回答。',
  '这段代码读取配置文件，把每个选项和默认值合并，然后报告所有的错误。',
  '测试失败的原因是超时设置得太短，机器繁忙的时候任务不能按时完成。',
  '请帮我重构这个函数，让它更容易理解，并且为边界情况补充测试。',
]
const JAPANESE = [
  'ゲートウェイはリクエストを受け取ると、まずキーを確認し、どのアカウントが応答するかを決めます。',
  '設定ファイルを読み込み、既定値と統合し、すべての誤りを一度に報告します。',
  'このテストは、機械が混雑しているときに時間切れになるため、時々失敗します。',
]
const GERMAN = [
  'Das Gateway prüft zuerst den Schlüssel und entscheidet dann, welches Konto die Anfrage beantwortet.',
  'Wenn ein Anbieter ein Feld ablehnt, wird es weggelassen und die Anfrage sofort noch einmal gesendet.',
  'Die Zeitüberschreitung war zu kurz bemessen, sodass der Test auf langsamen Maschinen gelegentlich fehlschlug.',
]

/** The sentences over and over, in an order that never quite repeats. */
function mixed(sentences: readonly string[], length: number): string {
  const parts: string[] = []
  let size = 0
  for (let i = 0; size < length; i++) {
    const sentence = sentences[(i * 7 + Math.floor(i / sentences.length)) % sentences.length]!
    parts.push(sentence)
    size += sentence.length
  }
  return parts.join(' ')
}

function log(lines: number): string {
  const line = (i: number) => {
    const at = new Date(1_790_000_000_000 + i * 1_371).toISOString()
    const id = ((i * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')
    return `${at} INFO req_${id} status=${200 + (i % 5)} ms=${(i * 37) % 9_973} bytes=${(i * 7_919) % 400_000} 10.0.${i % 256}.${(i * 3) % 256}`
  }
  return Array.from({ length: lines }, (_, i) => line(i)).join('\n')
}

export function texts(): Texts {
  return {
    'English prose': read('docs', '.md'),
    German: mixed(GERMAN, 120_000),
    Chinese: mixed(CHINESE, 60_000),
    Japanese: mixed(JAPANESE, 60_000),
    TypeScript: read('core', '.ts'),
    JavaScript: read('bench', '.mjs'),
    JSON: readFileSync('package-lock.json', 'utf8'),
    log: log(3_000),
  }
}

/** Twelve tools with schemas of the size that Claude Code's have. */
export function tools(prose: string) {
  return Array.from({ length: 12 }, (_, i) => ({
    name: `Tool${i}`,
    description: prose.slice(i * 1_500, (i + 1) * 1_500),
    input_schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties: Object.fromEntries(
        ['command', 'file_path', 'timeout', 'pattern'].map((name, n) => [
          name,
          {
            type: n === 2 ? 'number' : 'string',
            description: prose.slice(n * 200 + i * 50, n * 200 + i * 50 + 120),
          },
        ]),
      ),
      required: ['command'],
      additionalProperties: false,
    },
  }))
}
