/** What Claude Code is asked to do so that the gateway sees, and its user is shown, what is so. Read from Claude Code 2.1.330. */
const ASKED: Readonly<Record<string, string>> = {
  /** It says what each request is for: `x-claude-code-request-class`, `-agent-type`, `-prompt-id`. */
  CLAUDE_CODE_GATEWAY_HINT_HEADERS: '1',
  /** `/model` lists the gateway's models. */
  CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY: '1',
}

/**
 * Settings for these, and the names of the models that really answer. `models` are as the registry has them: `opus → glm-5.3`. What the
 * user has set, to another value too, stays.
 */
export function truthfulSettings(
  env: NodeJS.ProcessEnv,
  models: readonly string[] = [],
): Record<string, string> {
  const names = models.flatMap((text): [string, string][] => {
    const [family, served] = text.split(' → ')
    return family && served ? [[`ANTHROPIC_DEFAULT_${family.toUpperCase()}_MODEL_NAME`, served]] : []
  })
  const wanted = [...Object.entries(ASKED), ...names]
  return Object.fromEntries(wanted.filter(([name]) => env[name] === undefined))
}
