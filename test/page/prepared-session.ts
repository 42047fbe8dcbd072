import { messageEvents } from '../support/messages.js'
import { json, reset, sse } from '../support/script.js'
import type { World } from './world.js'

/** Two accounts of one plan each, as a person with two subscriptions has them. */
export const TWO_PLANS = {
  accounts: [
    { id: 'a', upstream: 'zai', apiKey: 'sk-upstream-1' },
    { id: 'b', upstream: 'zai', apiKey: 'sk-upstream-2' },
  ],
}

export const SESSION = 'prepared-session'
export const PROMPT = 'Add retries to the upload client and run its tests'

const TOOLS = ['Bash', 'Edit', 'Read'].map(toolOf)

function toolOf(name: string): object {
  return { name, description: `The tool ${name}.`, input_schema: { type: 'object', properties: {} } }
}

/** z.ai's own form of an error. */
const zai = (code: string, message: string, headers: Record<string, string> = {}) =>
  json({ error: { code, message } }, 429, { headers })

const broken = sse(
  messageEvents({
    text: 'The client now retries three times',
    usage: { input_tokens: 30, cache_read_input_tokens: 52_100, cache_creation_input_tokens: 400 },
  }).slice(0, 6),
  { every: 4, ending: reset() },
)

/**
 * One prompt in which four things go wrong, in this order: account `a` is refused and `b` takes over, with a cache that knows nothing;
 * an MCP server brings a tool, so that the cache misses again; an answer breaks off; the plan of `b` is used up.
 */
export async function preparedSession({ turn }: World): Promise<void> {
  const work = { session: SESSION, prompt: 'upload', words: PROMPT, fields: { tools: TOOLS } }
  await turn({ ...work, made: 48_000, output: 380 })
  await turn({ ...work, words: 'go on', read: 48_000, made: 900, output: 210 })
  const refused = zai('1302', 'Rate limit reached for requests', { 'retry-after': '1800' })
  await turn({ ...work, words: 'go on', made: 50_100, output: 260, failures: [refused] })
  const fields = { tools: [...TOOLS, toolOf('mcp__jira__search')] }
  await turn({ ...work, fields, words: 'go on', made: 52_100, output: 240 })
  await turn({ ...work, fields, words: 'go on', failures: [broken] })
  const usedUp = zai('1308', `Usage limit reached for 5 hour. Your limit will reset at ${inHours(2)}`)
  await turn({ ...work, fields, words: 'go on', failures: [usedUp] })
}

/** As z.ai writes a time: Beijing's, without a zone. */
function inHours(hours: number): string {
  return new Date(Date.now() + (hours + 8) * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
}
