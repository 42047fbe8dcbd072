/** Characters of a string that are shown. */
const SHOWN = 56
/** Characters of a line that a value may have as one. */
const WIDTH = 110

/** JSON over lines: what is short stays on one, long strings are cut. */
export function jsonLines(value: unknown, indent = '', name = ''): string[] {
  const head = `${indent}${name && `${JSON.stringify(name)}: `}`
  const short = JSON.stringify(cut(value))
  if (typeof value !== 'object' || value === null || head.length + short.length <= WIDTH)
    return [head + spaced(short)]
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  const inner = Object.entries(value).map(([key, item]) =>
    jsonLines(item, `${indent}  `, Array.isArray(value) ? '' : key),
  )
  const parts = inner.map((lines, i) =>
    i < inner.length - 1 ? [...lines.slice(0, -1), `${lines.at(-1)},`] : lines,
  )
  return [`${head}${open}`, ...parts.flat(), `${indent}${close}`]
}

function cut(value: unknown): unknown {
  if (typeof value === 'string') return value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value
  if (Array.isArray(value)) return value.map(cut)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, cut(item)]))
}

/** A space behind colons and commas, outside of strings. */
function spaced(json: string): string {
  return json.replace(/("(?:[^"\\]|\\.)*")|([:,])/g, (_, text?: string, mark?: string) => text ?? `${mark} `)
}

/** The lines of both texts, marked as those of a patch are. */
export function diffLines(before: readonly string[], after: readonly string[]): string[] {
  const longest = before.map(() => new Array<number>(after.length + 1).fill(0))
  longest.push(new Array<number>(after.length + 1).fill(0))
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--)
      longest[i]![j] =
        before[i] === after[j]
          ? longest[i + 1]![j + 1]! + 1
          : Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!)
  const lines: string[] = []
  let [i, j] = [0, 0]
  while (i < before.length || j < after.length) {
    if (i < before.length && before[i] === after[j]) {
      lines.push(`  ${before[i++]}`)
      j++
    } else if (i < before.length && (j >= after.length || longest[i + 1]![j]! >= longest[i]![j + 1]!))
      lines.push(`- ${before[i++]}`)
    else lines.push(`+ ${after[j++]}`)
  }
  return lines
}
