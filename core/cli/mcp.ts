import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import { defineCommand } from 'citty'
import { z } from 'zod'
import type { Address } from './client.js'
import type { CliContext } from './context.js'
import { sessionAsk } from './session/ask.js'
import { type SessionTool, sessionTools } from './session/tools.js'
import { mcp as row } from './table/look.js'
import { version } from './version.js'

/** Milliseconds that the gateway gets for an answer. */
const PATIENCE = 10_000

const session = z
  .string()
  .min(1)
  .max(200)
  .optional()
  .describe('The id of a Claude Code session. Default: the one that asks')
const request = z
  .string()
  .regex(/^req_\w{1,60}$/)
  .optional()
  .describe('The id of a request, req_…. Default: the newest of the session')

/** Answers an agent's questions about its own session, over standard input and output, until the input ends. */
export const mcp = defineCommand({
  ...row,
  async run({ args, data }) {
    const { env } = data as CliContext
    const server = new McpServer({ name: 'agproxy', version })
    for (const tool of sessionTools)
      server.registerTool(
        tool.name,
        {
          description: tool.description,
          inputSchema: tool.takesRequest ? { session, request } : { session },
          annotations: { readOnlyHint: true, openWorldHint: false },
        },
        (given: { session?: string | undefined; request?: string | undefined }) =>
          answered(tool, given, env, args),
      )
    const transport = new StdioServerTransport()
    const over = new Promise<void>((resolve) => {
      process.stdin.once('end', resolve)
      process.stdin.once('close', resolve)
    })
    await server.connect(transport)
    await over
    await server.close()
    return 0
  },
})

async function answered(
  tool: SessionTool,
  given: { session?: string | undefined; request?: string | undefined },
  env: NodeJS.ProcessEnv,
  flags: Address,
) {
  // Claude Code sets it for servers that it starts (2.1.154); after `--resume` too (2.1.163).
  const id = given.session ?? env.CLAUDE_CODE_SESSION_ID
  if (id === undefined) return said('Name the session: this client does not say which one asks.', true)
  const found = sessionAsk(env, flags, AbortSignal.timeout(PATIENCE))
  if (!found) return said('No gateway of this user runs, or its admin key is not known here.', true)
  return said(await tool.answer(found.ask, id, given.request), false)
}

function said(text: string, isError: boolean) {
  return { content: [{ type: 'text' as const, text }], isError }
}
