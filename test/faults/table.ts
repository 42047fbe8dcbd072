import { type Outcome, type Row, SAME } from './row.js'
import { bodyRows } from './rows/bodies.js'
import { connectRows, earlyRows } from './rows/connect.js'
import { cutRows } from './rows/cuts.js'
import { encodingRows } from './rows/encodings.js'
import { framingRows } from './rows/framing.js'
import { lengthRows } from './rows/lengths.js'
import { redirectRows } from './rows/redirects.js'
import { retryAfterRows } from './rows/retry-after.js'
import { statusRows, zaiRows } from './rows/statuses.js'

/** Every row that the suite observes, under the headings of docs/faults.md. */
export const table: readonly { readonly heading: string; readonly rows: readonly Row[] }[] = [
  { heading: 'Connecting', rows: [...connectRows, ...earlyRows] },
  { heading: 'Answers cut short', rows: cutRows },
  { heading: 'Answers that are something else', rows: bodyRows },
  { heading: 'Lengths', rows: lengthRows },
  { heading: 'Encodings', rows: encodingRows },
  { heading: 'Spellings of a stream', rows: framingRows },
  { heading: 'Error statuses', rows: statusRows },
  { heading: 'z.ai’s codes', rows: zaiRows },
  { heading: 'Delays', rows: retryAfterRows },
  { heading: 'Redirects', rows: redirectRows },
]

/** What follows is written by hand, with the tests that show it (test/docs-rules.test.ts). */
export const RULES = '## What an answer may look like\n'

const COLUMNS = [
  'the upstream …',
  'a client that streams sees',
  'a client that wants JSON sees',
  'upstream calls',
  'account afterwards',
  'and with a second account that works',
]

/** docs/faults.md, up to `RULES`. */
export function render(): string {
  const sections = table.map(({ heading, rows }) => {
    const lines = [line(COLUMNS), line(COLUMNS.map(() => '---')), ...rows.map((row) => line(cells(row)))]
    return `## ${heading}\n\n${lines.join('\n')}\n`
  })
  return [INTRODUCTION, ...sections].join('\n')
}

const INTRODUCTION = `# What happens when the upstream …

Each row is a test of the fault suite (\`npm run test:faults\`), which compares this page with what it sees. The last tables, from
[what an answer may look like](#what-an-answer-may-look-like) on, are the gateway's own rules; each names the tests that show it.

The chain is the preset \`claude-code\` with one account, so nobody else can help; the last column is the same fault while a
second account works. \`maxAttempts\` is 3. A client that wants JSON is shown twice where it matters: with an upstream that
answers in JSON (\`anthropic\`), and folded from a stream (\`zai\`, see [force-stream](plugins/force-stream.md)); a row in which only
one of them can happen shows that one. \`HOST\` stands for the upstream's host and port, \`UPSTREAM\` for its name, \`1…3\` for a second or two, by chance.
Messages of broken calls begin with the upstream's and the account's name, which the table leaves out.

A stream is never ended as if it were whole when it is not, and no byte of another kind is put into it but comments and one
\`event: error\`. All of this is for the defaults of [stream-guard](plugins/stream-guard.md) and [retry-rotate](plugins/retry-rotate.md);
only their times are shorter in the suite.
`

function cells(row: Row): readonly string[] {
  const { stream, json, folded, second } = row
  const nonStreaming = differing(json?.sees, folded?.sees, (text) => `folded: ${text}`)
  return [
    row.upstream,
    stream?.sees ?? '–',
    nonStreaming === stream?.sees ? 'the same' : (nonStreaming ?? '–'),
    perClient(row, ({ calls }) => String(calls)),
    perClient(row, ({ account }) => account),
    second === SAME ? 'the same' : second,
  ]
}

function perClient(row: Row, pick: (outcome: Outcome) => string): string {
  const { stream, json, folded } = row
  const [streamed, plain, fold] = [stream, json, folded].map((outcome) => outcome && pick(outcome))
  const nonStreaming = differing(plain, fold, (text) => `folded: ${text}`)
  return differing(streamed, nonStreaming, (text) => `JSON: ${text}`)!
}

/** One text where both are equal or only one is there. */
function differing(
  first: string | undefined,
  second: string | undefined,
  named: (text: string) => string,
): string | undefined {
  if (first === undefined) return second
  return second === undefined || second === first ? first : `${first}; ${named(second)}`
}

function line(texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`
}
