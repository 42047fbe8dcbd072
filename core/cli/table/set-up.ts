import { configFlags, json } from '../flags.js'
import { listed } from './listed.js'

/** Commands that write, check and find out. */
export const init = listed('init', 'Write a config (asks on a terminal), or a plugin of your own', {
  args: {
    upstream: { type: 'string', valueHint: 'name', description: 'zai, anthropic or other. Default: zai' },
    'base-url': { type: 'string', valueHint: 'url', description: 'Of --upstream other. Default: none' },
    'key-in': {
      type: 'string',
      valueHint: 'place',
      description:
        'env-file, config or environment, for the key in ZAI_API_KEY and the like. Default: environment',
    },
    format: { type: 'string', valueHint: 'name', description: 'ts or json. Default: ts' },
    global: { type: 'boolean', description: "Your own config, for every folder. Default: this folder's" },
    offline: { type: 'boolean', description: 'Without the one tiny request that tries the key' },
    yes: { type: 'boolean', alias: 'y', description: 'Ask nothing' },
    plugin: {
      type: 'string',
      valueHint: 'name',
      description: 'Write a plugin of this name, its test and its line in the config. Default: the config',
    },
  },
  examples: [
    ['agproxy init', 'asks, tries the key, and writes'],
    ['ZAI_API_KEY=… agproxy init --yes --global --upstream zai --key-in env-file', 'for a script'],
    ['agproxy init --plugin house-rules', 'plugins/house-rules.ts, its test, and its line in the config'],
  ],
  page: 'configuration.md',
})

export const doctor = listed('doctor', 'What is wrong on this machine, each finding with what mends it', {
  args: {
    ...configFlags,
    offline: { type: 'boolean', description: 'Call no upstream' },
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
})

export const check = listed('check', 'Print the effective config and where each part came from', {
  args: {
    ...configFlags,
    probe: { type: 'boolean', description: 'Call every upstream account once' },
    all: { type: 'boolean', description: 'Every option, and every route. Default: what is not as it comes' },
    json,
  },
  examples: [
    ['agproxy check', 'the chain, what was changed of it, and where that came from'],
    ['agproxy check --probe', 'and one tiny request to each account'],
  ],
  page: 'configuration.md',
})

/** Of an endpoint that is named by its URL: on a command line every process of the machine could read it. */
export const PROBE_KEY = 'AGPROXY_PROBE_KEY'

export const probe = listed('probe', 'Find out what an upstream accepts, by some twenty tiny requests', {
  args: {
    upstream: {
      type: 'positional',
      required: false,
      description: `The NAME of an upstream that has an account, or the URL of an endpoint (its key in ${PROBE_KEY})`,
    },
    config: configFlags.config,
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

export const completion = listed('completion', 'Print the completion for a shell', {
  args: {
    shell: { type: 'positional', required: false, description: 'bash, zsh, fish or powershell' },
  },
  examples: [['eval "$(agproxy completion bash)"', 'in ~/.bashrc']],
  page: 'configuration.md',
})
