/** With one of these Claude Code speaks to a cloud's own API and ignores the base URL. */
const OTHER_BACKENDS = ['CLAUDE_CODE_USE_BEDROCK', 'CLAUDE_CODE_USE_VERTEX', 'CLAUDE_CODE_USE_FOUNDRY']

/**
 * The environment in which Claude Code uses the gateway. The caller's own `ANTHROPIC_API_KEY` is taken out: beside a
 * token the client would send both and ask which one is meant, and the gateway has no use for it.
 */
export function clientEnv(env: NodeJS.ProcessEnv, url: string, key: string): NodeJS.ProcessEnv {
  const out: NodeJS.ProcessEnv = { ...env, ANTHROPIC_BASE_URL: url, ANTHROPIC_AUTH_TOKEN: key }
  for (const name of ['ANTHROPIC_API_KEY', ...OTHER_BACKENDS]) delete out[name]
  // A proxy for the internet can't reach a gateway on this machine.
  if (env.HTTP_PROXY ?? env.http_proxy ?? env.HTTPS_PROXY ?? env.https_proxy) {
    const host = new URL(url).hostname
    const exempt = [env.NO_PROXY ?? env.no_proxy, host].filter(Boolean).join(',')
    out.NO_PROXY = exempt
    out.no_proxy = exempt
  }
  return out
}
