import { readFileSync } from 'node:fs'
import type { Accepts, Call, MessagesRequest, PluginEntry } from '../../core/index.js'
import * as fixes from '../../plugins/index.js'
import { makeCall, mount } from '../../testing.js'
import { diffLines, jsonLines } from './line-diff.js'

interface Example {
  readonly fix: string
  readonly plugin: PluginEntry
  /** Of the captured requests. */
  readonly request: string
  /** What was done to it beforehand, where something had to go wrong. */
  readonly bent?: (body: MessagesRequest) => MessagesRequest
  readonly headers?: Readonly<Record<string, string>>
  readonly accepts?: Partial<Accepts>
  /** The fields that are shown. */
  readonly show: readonly string[]
  /** In words, after "… of Claude Code 2.1.330". */
  readonly says: string
}

const withoutLastResult = (body: MessagesRequest): MessagesRequest => ({
  ...body,
  messages: [
    ...body.messages.slice(0, -1),
    { role: 'user', content: [{ type: 'text', text: '[Request interrupted by user]' }] },
  ],
})

/** A request by which each fix is shown, as clients sent it. */
export const EXAMPLES: readonly Example[] = [
  {
    fix: 'attribution',
    plugin: fixes.attribution,
    request: 'cc330-agent 1',
    accepts: { billingLine: false, userIdPartsCache: true },
    show: ['system', 'metadata', 'max_tokens'],
    says: 'The first request of Claude Code 2.1.330, on its way to DeepSeek',
  },
  {
    fix: 'system-role',
    plugin: fixes.systemRole,
    request: 'cc330-agent 1',
    accepts: { systemMessages: false },
    show: ['messages'],
    says: 'The first request of Claude Code 2.1.330, on its way to z.ai',
  },
  {
    fix: 'thinking',
    plugin: fixes.thinking,
    request: 'cc330-agent 1',
    accepts: { adaptiveThinking: false },
    show: ['thinking', 'output_config', 'max_tokens'],
    says: 'The first request of Claude Code 2.1.330, on its way to SGLang',
  },
  {
    fix: 'content',
    plugin: fixes.content,
    request: 'cc330-read-image 2',
    accepts: { images: false },
    show: ['messages'],
    says: 'The request with which Claude Code 2.1.330 shows a picture that it read, on its way to a model that sees none',
  },
  {
    fix: 'tool-pairs',
    plugin: fixes.toolPairs,
    request: 'agentsdk-tool 2',
    bent: withoutLastResult,
    accepts: { unpairedTools: false },
    show: ['messages'],
    says: 'A call of the Agent SDK whose result was lost when the user interrupted it',
  },
  {
    fix: 'tool-schema',
    plugin: fixes.toolSchema,
    request: 'aisdk-tools 1',
    accepts: { refusedSchemaKeywords: ['$schema', 'additionalProperties'] },
    show: ['tools'],
    says: "The AI SDK's tool, on its way to an upstream that refuses these two keywords",
  },
  {
    fix: 'model-map',
    plugin: fixes.modelMap({ rules: [{ class: 'subagent', to: 'claude-haiku-4-5' }] }),
    request: 'cc330-agent 2',
    headers: { 'x-claude-code-request-class': 'subagent' },
    show: ['model', 'thinking'],
    says: "A sub-agent's request of Claude Code 2.1.330, with `rules: [{ class: 'subagent', to: 'claude-haiku-4-5' }]`",
  },
  {
    fix: 'features',
    plugin: fixes.features,
    request: 'cc330-agent 1',
    accepts: { contextManagement: false, effort: false, deferredTools: false },
    show: ['anthropic-beta', 'context_management', 'output_config', 'stream'],
    says: 'The first request of Claude Code 2.1.330, on its way to an upstream that knows none of these three features',
  },
  {
    fix: 'limits',
    plugin: fixes.limits,
    request: 'cc330-agent 1',
    accepts: { maxTokens: 32_768 },
    show: ['max_tokens', 'thinking'],
    says: 'The first request of Claude Code 2.1.330, on its way to a model of DashScope',
  },
  {
    fix: 'cache-control',
    plugin: fixes.cacheControl,
    request: 'cc330-agent 1',
    accepts: { cacheControl: false },
    show: ['messages', 'system'],
    says: 'The first request of Claude Code 2.1.330, on its way to z.ai',
  },
  {
    fix: 'role-merge',
    plugin: fixes.roleMerge,
    request: 'cc330-toolsearch-use 1',
    bent: (body) => ({ ...body, messages: [...body.messages, { role: 'user', content: 'and now?' }] }),
    accepts: { consecutiveRoles: false },
    show: ['messages'],
    says: 'A session of Claude Code 2.1.330 in which the user wrote before the answer came',
  },
]

interface Captured {
  readonly name: string
  readonly beta?: string
  readonly body: MessagesRequest
}

const path = new URL('../fixtures/requests/clients.json', import.meta.url)
const REQUESTS = JSON.parse(readFileSync(path, 'utf8')) as Captured[]

/** The call before and after, and after a second pass. */
export async function runExample({ plugin, request, bent, headers, accepts = {} }: Example) {
  const { beta, body } = REQUESTS.find(({ name }) => name === request)!
  const before = makeCall(
    {},
    {
      headers: { ...(beta !== undefined && { 'anthropic-beta': beta }), ...headers },
      bytes: Buffer.from(JSON.stringify(bent ? bent(body) : body)),
    },
  )
  // As the gateway notes it when the request arrives.
  const noted = (call: Call) => {
    call.record.update({ requestClass: call.header('x-claude-code-request-class') })
    return call
  }
  const mounted = await mount(plugin, { accepts })
  await mounted.send(noted(before))
  const after = mounted.calls[0]!
  await mounted.send(noted(makeCall({}, { headers: after.headers, bytes: after.bytes })))
  const again = mounted.calls[1]!
  await mounted.dispose()
  return { before, after, again }
}

/** What stands in docs/fixes.md for one example. */
export async function exampleText(example: Example): Promise<string> {
  const { before, after } = await runExample(example)
  const shown = (call: Call) => example.show.flatMap((name) => linesOf(call, name))
  const diff = diffLines(shown(before), shown(after))
  return `${example.says}:\n\n\`\`\`diff\n${diff.join('\n')}\n\`\`\``
}

function linesOf(call: Call, name: string): string[] {
  if (name === 'anthropic-beta') {
    const values = call.header(name)?.split(',') ?? []
    return [`${name}:`, ...values.map((value) => `  ${value}`)]
  }
  const value = (JSON.parse(call.bytes.toString('utf8')) as Record<string, unknown>)[name]
  return value === undefined ? [] : jsonLines(value, '', name)
}
