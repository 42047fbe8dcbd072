import { configFlags, gatewayFlags, json, ownConfigFlags } from '../flags.js'
import { listed } from './listed.js'

/** Commands that run the gateway or its client. */
export const start = listed('start', 'Run the gateway; agproxy alone does the same', {
  args: {
    ...configFlags,
    verbose: {
      type: 'boolean',
      alias: 'v',
      description: 'Log what the plugins did, as --log-level debug',
    },
    detach: {
      type: 'boolean',
      alias: 'd',
      description: 'Run in the background, log to the state folder, and return once the gateway answers',
    },
    workers: {
      type: 'string',
      valueHint: 'number',
      description: 'Processes that share the port and the state. Default: 1',
    },
  },
  examples: [
    ['ZAI_API_KEY=… agproxy start', 'z.ai behind http://127.0.0.1:8045'],
    ['agproxy start -d', 'in the background; agproxy status, logs and stop find it'],
    ['agproxy start --port 9000 -v', 'another port, and what each plugin did in the log'],
  ],
  page: 'configuration.md',
})

const which = {
  type: 'positional',
  required: false,
  description: 'The port or the pid of a gateway, where several run',
} as const

export const status = listed(
  'status',
  'Show the running gateways: address, pid, uptime, config, models, log',
  {
    args: { json },
    examples: [['agproxy status', 'exit code 1 when none runs, or one does not answer']],
    page: 'running.md',
  },
)

export const stop = listed('stop', 'Stop a gateway once its running requests have finished', {
  args: { which },
  examples: [
    ['agproxy stop', 'the gateway that runs; once more cuts its requests'],
    ['agproxy stop 9000', 'the gateway on that port'],
  ],
  page: 'running.md',
})

export const logs = listed(
  'logs',
  'Print the log of a gateway in the background, or of a session of Claude Code',
  {
    args: {
      which,
      follow: { type: 'boolean', alias: 'f', description: 'Print each further line as it is written' },
      lines: {
        type: 'string',
        alias: 'n',
        valueHint: 'number',
        description: 'Lines from the end of the log. Default: 100',
      },
      json: { type: 'boolean', description: 'Print JSON lines, as they are in the file' },
    },
    examples: [
      ['agproxy logs -f', 'what happens now'],
      ['agproxy logs --json --lines 1000', 'for jq'],
    ],
    page: 'running.md',
  },
)

const withoutShortForms = <T extends object>(flags: T): T =>
  Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, { ...flag, alias: undefined }])) as T

export const claude = listed(
  'claude',
  'Run Claude Code through the gateway that runs, or through one of its own',
  {
    // `-p` and `-c` are the client's own, and mean other things there.
    args: {
      ...withoutShortForms(ownConfigFlags),
      mcp: {
        type: 'boolean',
        description: 'Give the agent tools that report what its session costs, and why',
      },
      'no-statusline': {
        type: 'boolean',
        description: 'Show no status line. Default: shown, unless your settings have one',
      },
    },
    examples: [
      ['agproxy claude', 'a session, through the gateway that runs or one of its own'],
      ['agproxy claude --mcp', 'the agent can ask what it costs'],
      ['agproxy claude -- -p "hello"', 'what follows -- is for Claude Code'],
    ],
    page: 'running.md',
  },
)

export const env = listed('env', 'Print the shell lines that point Claude Code at the gateway', {
  args: {
    ...gatewayFlags,
    preset: ownConfigFlags.preset,
    shell: {
      type: 'string',
      valueHint: 'name',
      description: 'sh, bash, zsh, fish, powershell, pwsh or cmd. Default: sh, on Windows powershell',
    },
  },
  examples: [
    ['eval "$(agproxy env)"', 'for this shell'],
    ['agproxy env --shell fish | source', 'in fish'],
  ],
  page: 'configuration.md',
})

export const record = listed(
  'record',
  'Run the gateway, and write each request and its answers to a cassette, without keys',
  {
    args: {
      dir: { type: 'positional', required: false, description: 'The folder of the cassettes' },
      ...start.args,
    },
    examples: [['agproxy record cassettes', 'writes a file for each request, to read and to replay']],
    page: 'plugins/record.md',
  },
)

export const replay = listed('replay', 'Serve the cassettes of a folder as an upstream', {
  args: {
    dir: { type: 'positional', required: false, description: 'The folder of the cassettes' },
    host: { type: 'string', valueHint: 'address', description: 'Address to listen on. Default: 127.0.0.1' },
    port: { type: 'string', alias: 'p', valueHint: 'number', description: 'Port. Default: any free one' },
    'at-once': {
      type: 'boolean',
      description: 'Answer without waiting. Default: with the recorded timing',
    },
  },
  examples: [['agproxy replay cassettes --at-once', 'the same answers, as fast as they can be sent']],
  page: 'plugins/record.md',
})
