import { configFlags, gatewayFlags, json } from '../flags.js'
import { listed } from './listed.js'

/** Commands that show what happened. */
export const accounts = listed(
  'accounts',
  'Show the accounts of the running gateway, or clear the cooldowns of one',
  {
    args: {
      action: { type: 'positional', required: false, description: 'clear, with the ID of an account' },
      id: { type: 'positional', required: false, description: 'The account whose cooldowns are cleared' },
      ...gatewayFlags,
      json,
    },
    examples: [
      ['agproxy accounts', 'which can be used now, and for how long the others cool down'],
      ['agproxy accounts clear glm', 'it may be used at once'],
    ],
    page: 'accounts.md',
  },
)

export const usage = listed('usage', 'Tokens and cost of what went through; no gateway has to run', {
  args: {
    by: {
      type: 'string',
      valueHint: 'what',
      description:
        'model, session, agent, account, day or label; also asked, agent-type, upstream, hour, month. Default: model',
    },
    since: {
      type: 'string',
      valueHint: 'time',
      description: '24h, 7d, 2w or a day such as 2026-11-01. Default: 7d',
    },
    json,
    csv: { type: 'boolean', description: 'Print comma-separated values' },
    config: configFlags.config,
  },
  examples: [
    ['agproxy usage --by day', 'what each day took'],
    ['agproxy usage --since 24h --csv', 'for a spreadsheet'],
  ],
  page: 'plugins/ledger.md',
})

export const explain = listed(
  'explain',
  'What the chain makes of a request, without sending it; or what happened to one that was served',
  {
    args: {
      request: {
        type: 'positional',
        required: false,
        description: 'FILE with a body in JSON, - for stdin, or the ID of one that was served',
      },
      ...configFlags,
      account: { type: 'string', valueHint: 'id', description: 'As if it had been asked for. Default: none' },
      upstream: {
        type: 'string',
        valueHint: 'name',
        description: 'As if it had been asked for. Default: none',
      },
      json,
    },
    examples: [
      ['agproxy explain request.json', 'what each plugin would change, and where it would go'],
      ['agproxy explain req_0123456789', 'what was changed, tried and answered'],
    ],
    page: 'what-happened.md',
  },
)

export const resend = listed(
  'resend',
  'Send a request that was served once more, elsewhere, and show both answers side by side',
  {
    args: {
      request: {
        type: 'positional',
        required: false,
        description: 'The ID of a request of the running gateway',
      },
      upstream: { type: 'string', valueHint: 'name', description: 'To an account of this one. Default: any' },
      account: { type: 'string', valueHint: 'id', description: 'To this account. Default: any' },
      model: {
        type: 'string',
        valueHint: 'name',
        description: 'As if it had been asked for. Default: as it was',
      },
      ...gatewayFlags,
      json,
    },
    examples: [
      ['agproxy resend req_0123456789 --upstream anthropic', 'answers, tokens, cost and time, then and now'],
    ],
    page: 'what-happened.md',
  },
)

export const cache = listed(
  'cache',
  'What the prompt caches of the running gateway did, by session, and why they missed',
  {
    args: { ...gatewayFlags, json },
    examples: [['agproxy cache', 'each session, and each miss with its reason']],
    page: 'what-happened.md',
  },
)

export const upstreams = listed(
  'upstreams',
  'Show what each upstream of the running gateway accepts, or forget what was learned about one',
  {
    args: {
      action: { type: 'positional', required: false, description: 'forget, with the NAME of an upstream' },
      name: {
        type: 'positional',
        required: false,
        description: 'The upstream whose lessons are forgotten',
      },
      ...gatewayFlags,
      json,
    },
    examples: [
      ['agproxy upstreams', 'what is known and what was learned'],
      ['agproxy upstreams forget zai', 'what was learned is tried again'],
    ],
    page: 'upstreams.md',
  },
)

export const ui = listed('ui', 'Open the page of the running gateway in your browser', {
  args: {
    ...gatewayFlags,
    'no-open': {
      type: 'boolean',
      description:
        'Print the URL, which holds the admin key, and open nothing. Default: where there is no browser',
    },
  },
  examples: [['agproxy ui', 'requests as they come, sessions, cost, accounts, upstreams, the chain']],
  page: 'page.md',
})

export const statusline = listed(
  'statusline',
  'One line for Claude Code: model, cost, cache, account, plan',
  {
    args: {
      format: {
        type: 'string',
        valueHint: 'text',
        description:
          'What it says; docs/running.md has the names. Default: AGPROXY_STATUSLINE_FORMAT, else all of them',
      },
      host: gatewayFlags.host,
      port: gatewayFlags.port,
    },
    examples: [
      [
        "agproxy statusline --format '{model} | {cost}'",
        'the model that answers, and what the session costs',
      ],
    ],
    page: 'running.md',
  },
)

export const mcp = listed('mcp', 'An MCP server over stdio: tools by which an agent asks about its session', {
  args: { host: gatewayFlags.host, port: gatewayFlags.port },
  examples: [
    ['agproxy mcp', 'claude mcp add agproxy -- agproxy mcp gives it to every session of Claude Code'],
  ],
  page: 'running.md',
})
