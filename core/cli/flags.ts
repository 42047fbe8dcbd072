import type { ArgsDef } from 'citty'

/** Flags of every command that reads the config. */
export const configFlags = {
  config: {
    type: 'string',
    alias: 'c',
    valueHint: 'file',
    description: "Config file. Default: the project's, else your own",
  },
  host: {
    type: 'string',
    valueHint: 'address',
    description: "Address to listen on. Default: the config's, else 127.0.0.1",
  },
  port: {
    type: 'string',
    alias: 'p',
    valueHint: 'number',
    description: "Port to listen on; 0 for a free one. Default: the config's, else 8045",
  },
  preset: {
    type: 'string',
    valueHint: 'name',
    description: "Preset. Default: the config's, else claude-code",
  },
  'log-level': {
    type: 'string',
    valueHint: 'level',
    description: "silent, error, warn, info or debug. Default: the config's, else info",
  },
} as const satisfies ArgsDef

export type ConfigArgs = { readonly [Name in keyof typeof configFlags]?: string | undefined }

/** Of commands that take no project's config. */
const ownConfig = { ...configFlags.config, description: 'Config file. Default: your own' } as const

/** Flags of commands that read the config, and take no project's. */
export const ownConfigFlags = { ...configFlags, config: ownConfig } as const satisfies ArgsDef

const running = 'of the running gateway. Default: the one that is found'

/** Flags of commands that speak to a running gateway. */
export const gatewayFlags = {
  config: ownConfig,
  host: { ...configFlags.host, description: `Address ${running}` },
  port: { ...configFlags.port, description: `Port ${running}` },
} as const satisfies ArgsDef

/** Of commands that speak to a gateway, and ask what one would do where none runs. */
export const addressFlags = {
  host: { ...configFlags.host, description: "Address of the gateway. Default: the config's, else 127.0.0.1" },
  port: { ...configFlags.port, description: "Port of the gateway. Default: the config's, else 8045" },
} as const satisfies ArgsDef

export const json = { type: 'boolean', description: 'Print JSON' } as const
