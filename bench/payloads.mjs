import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The requests and answers of the bench, made anew in each run from a fixed seed. The large bodies have the shape of
 * Claude Code 2.1: key order, three system blocks, a `system` message, tools, thinking with signatures, tool results
 * with code in them, `cache_control` on the system blocks and on the last message.
 */

const WORDS =
  'alpha bravo cable delta ember field grove harbor inlet jolly kernel lumen meadow north ocean pebble'
const words = WORDS.split(' ')
const EPHEMERAL = { cache_control: { type: 'ephemeral' } }

/** A small generator of numbers, so that two runs send the same bytes. @param {number} seed */
function random(seed) {
  let state = seed
  return (/** @type {number} */ below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >>> 8) % below
  }
}

/** Prose of `size` characters. @param {(below: number) => number} pick @param {number} size */
function prose(pick, size) {
  let text = ''
  while (text.length < size) text += `${words[pick(words.length)]} `
  return text.slice(0, size)
}

/** Numbered source code, as the Read tool returns it: full of escapes. @param {(below: number) => number} pick @param {number} size */
function code(pick, size) {
  let text = ''
  for (let line = 1; text.length < size; line++)
    text += `${line}→\tconst ${words[pick(16)]} = "${words[pick(16)]}\\n" // “${words[pick(16)]}”\n`
  return text.slice(0, size)
}

/** @param {(below: number) => number} pick @param {number} i */
function tool(pick, i) {
  const properties = Object.fromEntries(
    [0, 1, 2, 3].map((n) => [
      `${words[(i + n) % 16]}_${n}`,
      { type: 'string', description: prose(pick, 120) },
    ]),
  )
  return {
    name: `Tool${i}`,
    description: prose(pick, 300 + pick(3500)),
    input_schema: {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      type: 'object',
      properties,
      required: Object.keys(properties).slice(0, 2),
      additionalProperties: false,
    },
  }
}

/** One turn of work: the model thinks and calls a tool, the client answers; now and then the user adds a word. */
function turn(/** @type {(below: number) => number} */ pick, /** @type {number} */ i) {
  const id = `toolu_bench_${i}`
  const result = pick(2) ? code(pick, 500 + pick(11_000)) : prose(pick, 100 + pick(2_000))
  const nested = pick(3) === 0 ? [{ type: 'text', text: result }] : result
  /** @type {object[]} */
  const messages = [
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: prose(pick, 200 + pick(600)), signature: 'RXBBQ0'.repeat(60) },
        { type: 'text', text: prose(pick, 60) },
        { type: 'tool_use', id, name: `Tool${i % 12}`, input: { file_path: `/src/${i}.ts`, offset: i } },
      ],
    },
    {
      role: 'user',
      content: [{ tool_use_id: id, type: 'tool_result', content: nested, is_error: false }],
    },
  ]
  if (i % 5 === 4) messages.push({ role: 'user', content: prose(pick, 120) })
  return messages
}

/** A request of about `size` bytes as Claude Code sends it. @param {number} size */
export function claudeCodeBody(size) {
  const pick = random(size)
  const last = [{ type: 'text', text: `the last word of the bench: ${prose(pick, 80)}`, ...EPHEMERAL }]
  const body = {
    model: 'claude-opus-5-5',
    messages: /** @type {object[]} */ ([
      {
        role: 'user',
        content: [
          { type: 'text', text: `<system-reminder>${prose(pick, 560)}</system-reminder>` },
          { type: 'text', text: 'say hi' },
        ],
      },
      { role: 'system', content: prose(pick, 7_000), output_config: { effort: 'medium' } },
    ]),
    system: [
      { type: 'text', text: 'x-anthropic-billing-header: cc_version=2.1.330.abc; cc_entrypoint=cli;' },
      { type: 'text', text: prose(pick, 62), ...EPHEMERAL },
      { type: 'text', text: prose(pick, 7_000), ...EPHEMERAL },
    ],
    tools: Array.from({ length: 12 }, (_, i) => tool(pick, i)),
    metadata: {
      user_id: JSON.stringify({ device_id: 'd'.repeat(64), account_uuid: '', session_id: SESSION }),
    },
    max_tokens: 128000,
    thinking: { type: 'adaptive', display: 'omitted' },
    context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
    output_config: { effort: 'medium' },
    stream: true,
  }
  let length = Buffer.byteLength(JSON.stringify(body)) + 400
  for (let i = 0; length < size; i++) {
    const more = turn(pick, i)
    const bytes = Buffer.byteLength(JSON.stringify(more))
    if (length + bytes > size * 1.02) continue
    body.messages.push(...more)
    length += bytes
  }
  body.messages.push({ role: 'assistant', content: [{ type: 'text', text: 'Done.' }] })
  body.messages.push({ role: 'user', content: last })
  return Buffer.from(JSON.stringify(body))
}

const SESSION = 'cd311f90-866d-48c1-8ee4-0e1ce8df4984'

/** A request of about 1 kB; a stream or not. @param {boolean} stream */
export function smallBody(stream) {
  const pick = random(1)
  const body = {
    model: 'claude-opus-5-5',
    max_tokens: 1024,
    system: [{ type: 'text', text: prose(pick, 200), ...EPHEMERAL }],
    messages: [{ role: 'user', content: [{ type: 'text', text: prose(pick, 600), ...EPHEMERAL }] }],
    ...(stream && { stream: true }),
  }
  return Buffer.from(JSON.stringify(body))
}

/** The whole request, with the headers of Claude Code. @param {Buffer} body @param {number} port @param {Record<string, string>} extra */
export function requestBytes(body, port, extra = {}) {
  const headers = {
    host: `127.0.0.1:${port}`,
    accept: 'application/json',
    'content-type': 'application/json',
    'user-agent': 'claude-cli/2.1.330 (external, cli)',
    'x-claude-code-session-id': SESSION,
    'x-stainless-arch': 'x64',
    'x-stainless-lang': 'js',
    'x-stainless-os': 'Linux',
    'x-stainless-package-version': '0.128.0',
    'x-stainless-retry-count': '0',
    'x-stainless-runtime': 'node',
    'x-stainless-timeout': '600',
    'anthropic-beta':
      'claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27,effort-2025-11-24',
    'anthropic-version': '2023-06-01',
    'x-api-key': 'sk-bench',
    'x-app': 'cli',
    'content-length': String(body.length),
    ...extra,
  }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`POST /v1/messages?beta=true HTTP/1.1\r\n${lines.join('')}\r\n`), body])
}

/** Puts a file into the run's folder and returns its path. @param {string} folder @param {string} name @param {Buffer | string} bytes */
export function put(folder, name, bytes) {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}
