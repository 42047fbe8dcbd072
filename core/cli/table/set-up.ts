import { addressFlags, configFlags, json, ownConfigFlags } from '../flags.js'
import { OFFERS } from '../init/offers.js'
import { listed } from './listed.js'

/** Commands that write, check and find out. */
export const init = listed('init', 'Write a config, asking on a terminal; or a plugin of your own', {
  args: {
    upstream: {
      type: 'string',
      valueHint: 'name',
      description: `${OFFERS.map(({ name }) => name).join(', ')} (any, by its --base-url). Default: zai`,
    },
    'base-url': {
      type: 'string',
      valueHint: 'url',
      description: "Where the upstream is. Default: the upstream's own, none for other",
    },
    model: {
      type: 'string',
      valueHint: 'name',
      description:
        "The upstream's model in place of Claude's, or opus=NAME,sonnet=NAME,haiku=NAME. Default: as the upstream maps them",
    },
    'key-in': {
      type: 'string',
      valueHint: 'place',
      description:
        'Where the key is kept that ZAI_API_KEY and its like hold now: env-file, config or environment. Default: environment',
    },
    format: { type: 'string', valueHint: 'name', description: 'ts or json. Default: ts' },
    global: {
      type: 'boolean',
      description: "Write your own config, for every folder. Default: this folder's",
    },
    offline: { type: 'boolean', description: 'Try no key. Default: one tiny request tries it' },
    statusline: {
      type: 'boolean',
      description:
        "Only add the status line to Claude Code's settings: after a yes, with --yes at once, else it is printed",
    },
    yes: { type: 'boolean', alias: 'y', description: 'Ask nothing, and take the flags' },
    plugin: {
      type: 'string',
      valueHint: 'name',
      description: 'Write a plugin of this name, its test and its line in the config. Default: the config',
    },
  },
  examples: [
    ['agproxy init', 'asks, tries the key, and writes'],
    ['ZAI_API_KEY=… agproxy init --yes --global --upstream zai --key-in env-file', 'for a script'],
    ['agproxy init --yes --upstream ollama --model qwen3-coder', 'a model on your machine, no key'],
    ['agproxy init --statusline', "shows model, cost and cache in each of Claude Code's sessions"],
    ['agproxy init --plugin house-rules', 'plugins/house-rules.ts, its test, and its line in the config'],
  ],
  page: 'configuration.md',
})

export const doctor = listed(
  'doctor',
  'Find what is wrong on this machine, each finding with the command that mends it',
  {
    args: {
      ...ownConfigFlags,
      ...addressFlags,
      offline: {
        type: 'boolean',
        description: 'Call no upstream. Default: one tiny request to each account',
      },
      json,
    },
    examples: [
      [
        'agproxy doctor',
        'Node, config, accounts, port, proxy, clock, disk, Claude Code; exit code 1 when broken',
      ],
      ['agproxy doctor --offline --json', 'for a script, without a request to any account'],
    ],
    page: 'troubleshooting.md',
  },
)

export const check = listed('check', 'Print the effective config and where each part came from', {
  args: {
    ...configFlags,
    probe: { type: 'boolean', description: 'Call every upstream account once' },
    all: {
      type: 'boolean',
      description: 'Print every option and route. Default: what differs from the defaults',
    },
    json,
  },
  examples: [
    ['agproxy check', 'the chain, the options that differ from the defaults, and where each came from'],
    ['agproxy check --probe', 'also sends one tiny request to each account'],
  ],
  page: 'configuration.md',
})

/** Of an endpoint that is named by its URL: on a command line every process of the machine could read it. */
export const PROBE_KEY = 'AGPROXY_PROBE_KEY'

export const probe = listed('probe', 'Find out what an upstream accepts, with some twenty tiny requests', {
  args: {
    upstream: {
      type: 'positional',
      required: false,
      description: `The NAME of an upstream that has an account, or the URL of an endpoint (its key in ${PROBE_KEY})`,
    },
    config: ownConfigFlags.config,
    model: {
      type: 'string',
      valueHint: 'name',
      description: 'The model to ask for. Default: one that the upstream lists',
    },
    'key-header': {
      type: 'string',
      valueHint: 'name',
      description: 'For a URL: x-api-key, bearer, or the name of a header. Default: x-api-key',
    },
    json,
  },
  examples: [
    ['agproxy probe zai', 'the upstream of an account'],
    [`${PROBE_KEY}=… agproxy probe https://llm.example.com --model m`, 'any endpoint'],
  ],
  page: 'upstreams.md',
})

export const completion = listed('completion', 'Print the completion script for a shell', {
  args: {
    shell: { type: 'positional', required: false, description: 'bash, zsh, fish or powershell' },
  },
  examples: [['eval "$(agproxy completion bash)"', 'completes commands and flags; put it into ~/.bashrc']],
  page: 'configuration.md',
})
