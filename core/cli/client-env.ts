import { truthfulSettings } from './client-truth.js'

/** With one of these Claude Code speaks to a cloud's own API, or through a socket, and ignores the base URL. */
export const OTHER_BACKENDS = [
  'CLAUDE_CODE_USE_BEDROCK',
  'CLAUDE_CODE_USE_MANTLE',
  'CLAUDE_CODE_USE_VERTEX',
  'CLAUDE_CODE_USE_FOUNDRY',
  'CLAUDE_CODE_USE_ANTHROPIC_AWS',
  'CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD',
  'CLAUDE_CODE_USE_GATEWAY',
  'ANTHROPIC_UNIX_SOCKET',
]

const PROXIES = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']

/** What `agproxy env` prints and `agproxy claude` applies. */
export interface ClientSettings {
  readonly set: Readonly<Record<string, string>>
  /** Variables of the environment that would keep the client from the gateway. */
  readonly unset: readonly string[]
}

/**
 * What has to change in an environment for Claude Code to use the gateway. The caller's own `ANTHROPIC_API_KEY` is taken out:
 * beside a token the client would send both and ask which one is meant, and the gateway has no use for it.
 */
export function clientSettings(
  env: NodeJS.ProcessEnv,
  url: string,
  key: string,
  models?: readonly string[],
): ClientSettings {
  return {
    set: {
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_AUTH_TOKEN: key,
      ...exemption(env, new URL(url).hostname),
      ...truthfulSettings(env, models),
    },
    unset: ['ANTHROPIC_API_KEY', ...OTHER_BACKENDS].filter((name) => env[name] !== undefined),
  }
}

/** The environment with these settings. */
export function clientEnv(
  env: NodeJS.ProcessEnv,
  url: string,
  key: string,
  models?: readonly string[],
): NodeJS.ProcessEnv {
  const { set, unset } = clientSettings(env, url, key, models)
  const out: NodeJS.ProcessEnv = { ...env, ...set }
  for (const name of unset) delete out[name]
  return out
}

/** A proxy can't reach a gateway on this machine. Both spellings are set, as programs read one or the other. */
function exemption(env: NodeJS.ProcessEnv, hostname: string): Record<string, string> {
  if (!PROXIES.some((name) => env[name])) return {}
  const given = `${env.no_proxy ?? ''},${env.NO_PROXY ?? ''}`.split(/[,\s]+/).filter(Boolean)
  // Some programs know an IPv6 address with brackets only, some only without.
  const hosts = [...new Set([hostname, hostname.replace(/^\[|\]$/g, '')])]
  // Beside other entries many programs take `*` for a name.
  const all = given.includes('*') ? '*' : [...new Set([...given, ...hosts])].join(',')
  return { NO_PROXY: all, no_proxy: all }
}
