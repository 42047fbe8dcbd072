/**
 * What a model makes of a token of the table, before anything was learned. ai-tokenizer measured 1.1 for Claude 3 to 4.5; the vocabulary
 * of 4.7 and later makes up to 1.35 times as many, 1.2 in the middle; GLM, Kimi: measured on its README's texts.
 */
const FAMILIES: readonly (readonly [pattern: RegExp, factor: number])[] = [
  [/glm/i, 0.97],
  [/kimi|moonshot/i, 0.9],
]
const OLD_CLAUDE = 1.1
const CLAUDE = 1.2
const OTHER = 1

export function startFactor(model: string): number {
  if (/claude/i.test(model)) return isOldClaude(model) ? OLD_CLAUDE : CLAUDE
  return FAMILIES.find(([pattern]) => pattern.test(model))?.[1] ?? OTHER
}

/** `claude-3-5-sonnet-20241022`, `claude-sonnet-4-20250514`, `claude-opus-4-6`; names of families that don't exist yet are new. */
function isOldClaude(model: string): boolean {
  const [, major, minor = '0'] = /claude-(?:[a-z]+-)?(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/i.exec(model) ?? []
  if (major === undefined) return false
  return Number(major) < 4 || (Number(major) === 4 && Number(minor) < 7)
}
