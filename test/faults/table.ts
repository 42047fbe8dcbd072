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

const COLUMNS = [
  'the upstream …',
  'a client that streams sees',
  'a client that wants JSON sees',
  'upstream calls',
  'account afterwards',
  'and with a second account that works',
]

/** docs/faults.md, whole. */
export function render(): string {
  const sections = table.map(({ heading, rows }) => {
    const lines = [line(COLUMNS), line(COLUMNS.map(() => '---')), ...rows.map((row) => line(cells(row)))]
    return `## ${heading}\n\n${lines.join('\n')}\n`
  })
  return `${INTRODUCTION}\n${sections.join('\n')}\n${CLIENTS}\n${REFUSED}\n${GATEWAY}`
}

const INTRODUCTION = `# What happens when the upstream …

Each row is a test of the fault suite (\`npm run test:faults\`), which compares this page with what it sees.

The chain is the preset \`claude-code\` with one account, so nobody else can help; the last column is the same fault while a
second account works. \`maxAttempts\` is 3. A client that wants JSON is shown twice where it matters: with an upstream that
answers in JSON (\`anthropic\`), and folded from a stream (\`zai\`, see [force-stream](plugins/force-stream.md)); a row in which only
one of them can happen shows that one. \`HOST\` stands for the upstream's host and port, \`UPSTREAM\` for its name, \`1…3\` for a second or two, by chance.
Messages of broken calls begin with the upstream's and the account's name, which the table leaves out.

A stream is never ended as if it were whole when it is not, and no byte of another kind is put into it but comments and one
\`event: error\`. All of this is for the defaults of [stream-guard](plugins/stream-guard.md) and [retry-rotate](plugins/retry-rotate.md);
only their times are shorter in the suite.
`

const CLIENTS = `## What a request holds

A request holds its slot of \`maxConcurrent\`, a slot of its account, its connections to upstreams and the chain that it began on.
All of it is released when the request is over, however it ends: answered, failed, left by its client, or with a plugin that throws,
drops a reply, keeps one of two or hangs. Upstream answers that are still being read then get 250 ms to end, so that their
connections can be used again.

| the client … | then |
| --- | --- |
| goes, at any time, also behind another request on its connection | everything is released at once |
| stops reading and stays | it is cut off after \`server.writeTimeout\` (default: as \`requestTimeout\`, 300 s) without a byte taken; any byte counts, as far as the kernel shows it: on loopback it may be 1 MB before it does. Heartbeats stop while its buffer is full |
| sends what is no HTTP, or asks for a tunnel, in the middle of an answer | the connection ends; nothing is written into the answer |
| sends it at another time | 400, 405 (\`CONNECT\`), 408 or 431 in the shape of every error, and the connection ends |
| sends HTTP/1.1 without \`Host\`, or an \`Expect\` other than \`100-continue\` | 400, 417 in the shape of every error |
`

const REFUSED = `## What a client sends

The gateway answers these itself, before an upstream is called. The work on a request grows in proportion to its size, and each of
these bounds is an option of [\`server\`](configuration.md#server).

| a request … | the client sees |
| --- | --- |
| of more than 32 MB (\`bodyLimit\`), announced, in chunks or unpacked | 413 \`request_too_large\` |
| in gzip, deflate or br, or in zstd on Node 22.15 or later | the answer: the upstream gets it unpacked |
| in another \`content-encoding\` | 415 \`invalid_request_error\` that names those which are allowed |
| that is no JSON, or not what its \`content-encoding\` says | 400 \`invalid_request_error\` |
| whose JSON nests deeper than 200 (\`depthLimit\`), or has more than 1,000,000 values and keys (\`valueLimit\`) or 100,000 messages (\`messageLimit\`) | 400 \`invalid_request_error\` that names the option |
| with more than 200 headers or 16 kB of them (\`headerCountLimit\`, \`headerLimit\`) | 431 \`invalid_request_error\` |
| that does not arrive in time (\`headersTimeout\`, \`requestTimeout\`) | 408 \`timeout_error\` |
| that finds no place (\`maxConcurrent\`, \`queueLimit\`, \`queueTimeout\`) | 429 \`rate_limit_error\` |
| to a path that is spelt with dots, backslashes or escapes, or that no route has | 404 \`not_found_error\` that lists the routes |
`

const GATEWAY = `## What ends the gateway

What keeps the first start from serving ends it, with one message and exit code 1: a config that cannot be used, a taken port, a
plugin that cannot be set up. What fails later is reported and worked around, and both signals always work.

| what | then |
| --- | --- |
| the config on disk is broken or gone | the one in force stays, see [reloading](configuration.md#reloading) |
| a config that never finishes loading | after 60 s an error at the start, a config that is not reloaded later |
| a plugin whose \`setup\` fails, or takes longer than 30 s | at the start an error that names it; at a reload the old chain stays, and the next save does not wait for it |
| a plugin whose \`dispose\` fails or never ends | reported and left behind after as long as running requests get at a stop, at least 1 and at most 5 s |
| a promise that nothing awaits, a throw in a timer, anywhere in the process | reported; \`start\`, \`agproxy claude\` and the primary of \`--workers\` continue |
| a worker that dies, hangs or cannot be replaced | the others serve on, see [scaling](scaling.md#when-parts-fail) |
| an event loop that is blocked | in one process only SIGKILL helps; with \`--workers\` the worker is replaced after 15 s |
| a build or \`npm start\` in the folder that it runs from | it continues, and so does each worker that is started later |
| SIGTERM or SIGINT while requests run | they get \`shutdownTimeout\`; connections without a request are closed after 250 ms |
| the same signal again | everything is cut; the gateway ends within a second (3 s with \`--workers\`), whatever a plugin does |
| its terminal is closed | it stops, see [signals](configuration.md#signals) |
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
