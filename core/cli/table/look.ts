import { addressFlags, configFlags, gatewayFlags, json, ownConfigFlags } from '../flags.js'
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

export const usage = listed('usage', 'Show the tokens and the cost of past requests; no gateway has to run', {
  args: {
    by: {
      type: 'string',
      valueHint: 'what',
      description:
        'model, asked (the model asked for), session, agent, agent-type, account, upstream, label, hour, day or month. Default: model',
    },
    since: {
      type: 'string',
      valueHint: 'time',
      description: '24h, 7d, 2w or a day such as 2026-11-01. Default: 7d',
    },
    json,
    csv: { type: 'boolean', description: 'Print comma-separated values' },
    config: ownConfigFlags.config,
  },
  examples: [
    ['agproxy usage --by day', 'what each day took'],
    ['agproxy usage --since 24h --csv', 'for a spreadsheet'],
  ],
  page: 'plugins/ledger.md',
})

export const explain = listed(
  'explain',
  'Show what the chain does to a request, without sending it, or did to a served one',
  {
    args: {
      request: {
        type: 'positional',
        required: false,
        description: 'A FILE with a body in JSON, - for stdin, or the ID of a served request',
      },
      ...configFlags,
      ...addressFlags,
      account: {
        type: 'string',
        valueHint: 'id',
        description: 'Show the request at this account. Default: the one that would serve it',
      },
      upstream: {
        type: 'string',
        valueHint: 'name',
        description: 'Show the request at this upstream. Default: the one that would serve it',
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
  'Send a served request to another upstream or model, and compare both answers',
  {
    args: {
      request: {
        type: 'positional',
        required: false,
        description: 'The ID of a request of the running gateway',
      },
      upstream: {
        type: 'string',
        valueHint: 'name',
        description: 'Send it to an account of this upstream. Default: any',
      },
      account: { type: 'string', valueHint: 'id', description: 'Send it to this account. Default: any' },
      model: {
        type: 'string',
        valueHint: 'name',
        description: 'Ask for this model. Default: the model of the request',
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

export const cache = listed('cache', 'Show which sessions hit or missed their prompt caches, and why', {
  args: { ...gatewayFlags, json },
  examples: [['agproxy cache', 'each session, and each miss with its reason']],
  page: 'what-happened.md',
})

export const upstreams = listed(
  'upstreams',
  'Show what each upstream of the running gateway accepts, or forget what was learned about one',
  {
    args: {
      action: { type: 'positional', required: false, description: 'forget, with the NAME of an upstream' },
      name: {
        type: 'positional',
        required: false,
        description: 'The upstream of which everything learned is forgotten',
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
  'Print the status line for Claude Code: model, cost, cache, account, plan',
  {
    args: {
      format: {
        type: 'string',
        valueHint: 'text',
        description:
          'The parts of the line; docs/running.md has their names. Default: AGPROXY_STATUSLINE_FORMAT, else all of them',
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

export const mcp = listed('mcp', 'Serve MCP over stdio: tools by which an agent asks about its session', {
  args: { host: gatewayFlags.host, port: gatewayFlags.port },
  examples: [
    ['agproxy mcp', 'claude mcp add agproxy -- agproxy mcp gives it to every session of Claude Code'],
  ],
  page: 'running.md',
})
